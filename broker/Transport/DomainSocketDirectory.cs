using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>The directories of domains' sockets. A bus that gives up root can still make and remove sockets in those that it made.</summary>
internal static unsafe class DomainSocketDirectory
{
    private const int WritableByOthers = 0x12; // group and others

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>What a domain's sockets are for is to say who connects: nobody else may, unless the configuration says so.</summary>
    internal const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the directory of a socket if it is missing.</summary>
    /// <returns>The directory; null: it was there, and is not ours.</returns>
    /// <exception cref="StartException">It cannot be made.</exception>
    internal static string? Make(UnixListenAddress address)
    {
        if (address.Kind != UnixAddressKind.Path || Path.GetDirectoryName(address.Value) is not { } directory || Directory.Exists(directory))
        {
            return null;
        }

        try
        {
            Directory.CreateDirectory(directory, Mode);
            return directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{address}: cannot make its directory: {e.Message}");
        }
    }

    /// <summary>
    /// While there is root: lets the account make and remove files in the directories that were made, and in <c>dom</c> beside the bus's own
    /// socket, where domains that are added later may have theirs.
    /// </summary>
    /// <remarks>By its group, as <see cref="StateDirectory.PrepareJournal"/>: that takes no capability.</remarks>
    /// <exception cref="StartException">It cannot be done.</exception>
    internal static void Give(IReadOnlyList<ListeningSocket> sockets, UserAccount account)
    {
        List<string> directories = [.. sockets.Select(socket => socket.MadeDirectory).OfType<string>()];
        if (sockets.FirstOrDefault(socket => socket is { File: not null, Address.Domain: null })?.File is { } own
            && Path.GetDirectoryName(own) is { } parent && IsRoots(parent))
        {
            string beside = Path.Combine(parent, "dom");
            if (!Directory.Exists(beside))
            {
                Directory.CreateDirectory(beside, Mode);
                directories.Add(beside);
            }
        }

        foreach (string directory in directories)
        {
            if (LibC.SetGroupIds(LibC.Unchanged, account.GroupId, LibC.Unchanged) < 0 || LibC.ChangeOwner(directory, LibC.Unchanged, account.GroupId) < 0)
            {
                throw new StartException($"{directory}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }

            File.SetUnixFileMode(directory, Mode | UnixFileMode.GroupWrite);
        }
    }

    private static bool IsRoots(string directory)
    {
        LibC.FileStatus status;
        return LibC.GetFileStatus(LibC.AT_FDCWD, directory, 0, LibC.STATX_BASIC_STATS, &status) == 0
            && status.UserId == 0 && (status.Mode & WritableByOthers) == 0;
    }
}
