// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IImports} from "../interfaces/IImports.sol";

/// @dev Decides who may write while the import is open. The inheriting contract decides who the owner is, and what is
/// written.
abstract contract Imports is IImports {
    /// @dev Bounds the gas of one import; a migration chooses a size that fits its chain.
    uint256 private constant _MAX_ITEMS = 100;

    /// @dev Whether the import was open at deployment. If not, writes need not read storage, which saves 2,100 gas each.
    bool private immutable _deployedOpen;

    bool private _importOpen;

    constructor(bool importOpen_) {
        _deployedOpen = importOpen_;
        _importOpen = importOpen_;
        if (importOpen_) emit ImportOpened();
    }

    /// @inheritdoc IImports
    function closeImport() external {
        _requireCloser();
        if (!_importOpen) revert ImportNotOpen();
        _importOpen = false;
        emit ImportClosed();
    }

    /// @inheritdoc IImports
    function importOpen() public view returns (bool) {
        return _importOpen;
    }

    /// @dev Reverts unless the caller is the owner.
    function _requireOwner() internal view virtual;

    /// @dev Reverts unless the caller may close the import.
    function _requireCloser() internal view virtual {
        _requireOwner();
    }

    /// @dev Reverts unless the caller may import this many items now.
    function _requireImport(uint256 length) internal view {
        _requireOwner();
        if (!_importOpen) revert ImportNotOpen();
        if (length > _MAX_ITEMS) revert BatchTooLarge(length, _MAX_ITEMS);
    }

    /// @dev Reverts while the import is open.
    function _requireOpen() internal view virtual {
        if (_deployedOpen && _importOpen) revert ImportStillOpen();
    }
}
