using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>Makes this process another user's, for good.</summary>
/// <remarks>
/// User and groups belong to a thread in Linux; the C library's functions change those of all threads that it made, and the runtime's are
/// among them. That it did is not believed but looked up: a thread that stayed root would make the whole thing void.
/// </remarks>
internal static unsafe class PrivilegeDrop
{
    private const string Threads = "/proc/self/task";

    /// <summary>Gives up root: user and group of the account, no other group (as dbus-daemon), no capability, and no new privilege by executing.</summary>
    /// <exception cref="StartException">Something of root is left.</exception>
    internal static void To(UserAccount account)
    {
        uint none;
        Check(LibC.SetGroups(0, &none), "setgroups");
        Check(LibC.SetGroupIds(account.GroupId, account.GroupId, account.GroupId), "setresgid");
        Check(LibC.SetUserIds(account.UserId, account.UserId, account.UserId), "setresuid");

        // Of this thread and those that it will make; whoever executes programs is among these.
        Check(LibC.ProcessControl(LibC.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
        foreach (string thread in Directory.GetDirectories(Threads))
        {
            if (FirstRemnant(StatusOf(thread), account) is { } remnant)
            {
                throw new StartException($"cannot become {account.Name}: a thread still has '{remnant}'");
            }
        }
    }

    // A thread may end while we look: it is gone then, and nothing of it can be left.
    private static string[] StatusOf(string thread)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(thread, "status"));
        }
        catch (IOException e)
        {
            return Directory.Exists(thread) ? throw new StartException($"cannot see what a thread may do: {e.Message}") : [];
        }
    }

    /// <summary>The first line of /proc/PID/task/TID/status (proc(5)) that shows more than the account has; null if there is none.</summary>
    internal static string? FirstRemnant(IEnumerable<string> status, UserAccount account)
    {
        string user = account.UserId.ToString(CultureInfo.InvariantCulture);
        string group = account.GroupId.ToString(CultureInfo.InvariantCulture);
        foreach (string line in status)
        {
            string[] words = line.Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            bool isFine = words switch
            {
                ["Uid:", .. string[] users] => users.All(each => each == user),
                ["Gid:", .. string[] groups] => groups.All(each => each == group),
                ["Groups:", .. string[] groups] => groups.Length == 0,
                ["CapPrm:" or "CapEff:" or "CapAmb:", string capabilities] => capabilities.All(digit => digit == '0'),
                _ => true,
            };
            if (!isFine)
            {
                return line;
            }
        }

        return null;
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new StartException($"cannot give up root: {call}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
