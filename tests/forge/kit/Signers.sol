// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev A contract that signs, with configurable answers and a configurable valid signature.
contract Signer {
    enum Answer {
        Yes,
        No,
        AlmostYes,
        TooShort,
        Long,
        Revert,
        RevertWithYes,
        Burn,
        Write,
        YesIfGas
    }

    bytes4 private constant _YES = 0x1626ba7e;

    Answer private _answer;
    bytes32 private _digest;
    bytes32 private _signatureHash;
    uint256 private _gas;

    function expect(Answer answer, bytes32 digest, bytes calldata signature) external {
        (_answer, _digest, _signatureHash) = (answer, digest, keccak256(signature));
    }

    /// @dev Accepts only with exactly this gas, as {gasHere} returns it.
    function expectGas(uint256 gas_) external {
        (_answer, _gas) = (Answer.YesIfGas, gas_);
    }

    fallback(bytes calldata question) external returns (bytes memory) {
        uint256 gas_ = gasleft();
        if (_answer == Answer.YesIfGas) return abi.encode(gas_ == _gas ? _YES : bytes4(0), gas_);
        if (bytes4(question) != _YES) return "";
        (bytes32 digest, bytes memory signature) = abi.decode(question[4:], (bytes32, bytes));
        if (digest != _digest || keccak256(signature) != _signatureHash) return abi.encode(bytes4(0));
        if (_answer == Answer.No) return abi.encode(bytes4(0xffffffff));
        if (_answer == Answer.AlmostYes) return abi.encodePacked(_YES, bytes27(0), bytes1(0x01));
        if (_answer == Answer.TooShort) return abi.encodePacked(_YES, bytes27(0));
        if (_answer == Answer.Long) return bytes.concat(abi.encode(_YES), new bytes(3000));
        if (_answer == Answer.Revert) revert("no");
        if (_answer == Answer.RevertWithYes) {
            assembly ("memory-safe") {
                mstore(0x00, shl(224, 0x1626ba7e))
                revert(0x00, 0x20)
            }
        }
        if (_answer == Answer.Burn) {
            while (true) {}
        }
        if (_answer == Answer.Write) ++_gas;
        return abi.encode(_YES);
    }
}
