using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>What must outlive the process.</summary>
internal static class StateDirectory
{
    private const string EpochFile = "epoch";
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where durable messages are kept.</summary>
    internal static string JournalOf(string directory) => Path.Combine(directory, "journal");

    /// <summary>Makes the directory of the journal while there is the right to, and lets who will write it.</summary>
    /// <remarks>
    /// By its group: to give a directory to another user takes a capability that nothing else here needs; to a group of one's own it takes none. So
    /// the group of the account becomes the effective one, which giving up root would make it anyway.
    /// </remarks>
    /// <exception cref="StartException">It cannot be made.</exception>
    internal static void PrepareJournal(string? directory, UserAccount account)
    {
        if (directory is null)
        {
            return;
        }

        string path = JournalOf(directory);
        try
        {
            _ = Directory.CreateDirectory(path, Owner);
            if (IsOwnedBy(path, account.UserId))
            {
                return;
            }

            if (LibC.SetGroupIds(LibC.Unchanged, account.GroupId, LibC.Unchanged) < 0 || LibC.ChangeOwner(path, LibC.Unchanged, account.GroupId) < 0)
            {
                throw new StartException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }

            File.SetUnixFileMode(path, Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{path}: {e.Message}");
        }
    }

    private static unsafe bool IsOwnedBy(string path, uint user)
    {
        LibC.FileStatus status;
        return LibC.GetFileStatus(LibC.AT_FDCWD, path, 0, LibC.STATX_BASIC_STATS, &status) == 0 && status.UserId == user;
    }

    /// <summary>The first number of this start's unique names: one more than the last start's, on disk before it is used; 1 without a directory.</summary>
    /// <exception cref="StartException">The directory cannot be used, or what it holds is not ours.</exception>
    internal static uint NextEpoch(string? directory)
    {
        if (directory is null)
        {
            return 1;
        }

        string path = Path.Combine(directory, EpochFile);
        try
        {
            Directory.CreateDirectory(directory);
            uint last = 0;
            if (File.Exists(path) && !uint.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out last))
            {
                throw new StartException($"{path}: not a number; remove the file to start again from epoch 1");
            }

            uint next = checked(last + 1);
            string temporary = path + ".new";
            using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture) + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            return next;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OverflowException)
        {
            throw new StartException($"{path}: {e.Message}");
        }
    }
}
