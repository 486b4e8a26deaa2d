using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>What must outlive the process.</summary>
internal static class StateDirectory
{
    private const string EpochFile = "epoch";

    /// <summary>Where durable messages are kept.</summary>
    internal static string JournalOf(string directory) => Path.Combine(directory, "journal");

    /// <summary>Makes the directory of the journal while there is the right to, and gives it to who will write it.</summary>
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
            _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (LibC.ChangeOwner(path, account.UserId, account.GroupId) < 0)
            {
                throw new StartException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{path}: {e.Message}");
        }
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
