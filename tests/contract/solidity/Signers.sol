// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev Contracts as signers, each with its own answer to {isValidSignature} (ERC-1271). For tests only: they are outside
/// `contracts/`, so they are in no artifact and no deployment.
abstract contract Signer {
    bytes4 internal constant _YES = 0x1626ba7e;
}

/// @dev Accepts everything, of any length.
contract SaysYes is Signer {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return _YES;
    }
}

/// @dev Accepts one digest with one signature.
contract SaysYesToOne is Signer {
    bytes32 private _question;

    function approve(bytes32 digest, bytes calldata signature) external {
        _question = keccak256(abi.encode(digest, signature));
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return keccak256(abi.encode(digest, signature)) == _question ? _YES : bytes4(0);
    }
}

/// @dev Answers with configured bytes.
contract Answers {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @dev Accepts, and appends zeros up to a configured length.
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

/// @dev Reverts with the magic value that means acceptance.
contract Reverts is Signer {
    fallback() external {
        bytes32 yes = _YES;
        assembly {
            mstore(0, yes)
            revert(0, 32)
        }
    }
}

/// @dev Loops until it runs out of gas.
contract Loops {
    fallback() external {
        while (true) {}
    }
}

/// @dev Has code but no function.
contract Silent {}

/// @dev Uses up about a configured amount of gas, then accepts.
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

/// @dev Tries to write before it accepts, which fails because it is called statically.
contract Writes is Signer {
    uint256 private _written;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++_written;
        return _YES;
    }
}

/// @dev Sends its own request a second time while the first is being checked.
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
