// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev Contracts as signers, each with its own way to answer {isValidSignature} (ERC-1271). For tests only: they lie
/// outside `contracts/`, so no artifact and no deployment holds them.
abstract contract Signer {
    bytes4 internal constant _YES = 0x1626ba7e;
}

/// @dev Says yes to everything, of whatever length.
contract SaysYes is Signer {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return _YES;
    }
}

/// @dev Says yes to one digest with one signature.
contract SaysYesToOne is Signer {
    bytes32 private _question;

    function approve(bytes32 digest, bytes calldata signature) external {
        _question = keccak256(abi.encode(digest, signature));
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return keccak256(abi.encode(digest, signature)) == _question ? _YES : bytes4(0);
    }
}

/// @dev Answers with any bytes that it was told.
contract Answers {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @dev Answers yes and then zeros, so many bytes as it was told.
contract AnswersAtLength is Signer {
    uint256 private immutable _length;

    constructor(uint256 length) {
        _length = length;
    }

    fallback() external {
        uint256 length = _length;
        bytes32 yes = _YES;
        assembly {
            mstore(0, yes)
            return(0, length)
        }
    }
}

/// @dev Reverts with the answer yes.
contract Reverts is Signer {
    fallback() external {
        bytes32 yes = _YES;
        assembly {
            mstore(0, yes)
            revert(0, 32)
        }
    }
}

/// @dev Loops until its gas is gone.
contract Loops {
    fallback() external {
        while (true) {}
    }
}

/// @dev Has code and no function.
contract Silent {}

/// @dev Uses up about as much gas as it was told, then says yes.
contract Ponders is Signer {
    uint256 private immutable _gas;

    constructor(uint256 gas_) {
        _gas = gas_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 start = gasleft();
        while (start - gasleft() < _gas) {}
        return _YES;
    }
}

/// @dev Tries to write before it says yes: what asks it is a static call.
contract Writes is Signer {
    uint256 private _written;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++_written;
        return _YES;
    }
}

/// @dev Tries to get its own request through a second time while the first is being checked.
contract Reenters is Signer {
    bytes private _again;

    function remember(bytes calldata again) external {
        _again = again;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool success, ) = msg.sender.call(_again);
        return success ? bytes4(0) : _YES;
    }
}
