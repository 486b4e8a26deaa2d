using XcpBroker.Config;

namespace XcpBroker.Startup;

/// <summary>Where a bus listens that was given no address.</summary>
internal static class DefaultAddress
{
    private const string DirectoryName = "xcp-broker";
    private const string SocketName = "bus";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everybody = OwnerOnly
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>/run/xcp-broker/bus for root, $XDG_RUNTIME_DIR/xcp-broker/bus for others.</summary>
    /// <exception cref="StartException">XDG_RUNTIME_DIR is not set.</exception>
    internal static UnixListenAddress Choose(bool isRoot, string? runtimeDirectory)
    {
        string parent = isRoot ? "/run"
            : string.IsNullOrEmpty(runtimeDirectory) ? throw new StartException("no --address is given and XDG_RUNTIME_DIR is not set")
            : runtimeDirectory;
        return new UnixListenAddress(UnixAddressKind.Path, Path.Combine(parent, DirectoryName, SocketName));
    }

    /// <summary>Makes the socket's directory: root's is open to all, since the socket has an access mode of its own.</summary>
    /// <exception cref="StartException">It cannot be made.</exception>
    internal static void CreateDirectory(UnixListenAddress address, bool isRoot)
    {
        string directory = Path.GetDirectoryName(address.Value)!;
        UnixFileMode mode = isRoot ? Everybody : OwnerOnly;
        try
        {
            if (!Directory.Exists(directory))
            {
                _ = Directory.CreateDirectory(directory, mode);
                File.SetUnixFileMode(directory, mode); // whatever the umask is
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot make the directory {directory}: {e.Message}");
        }
    }
}
