using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>Users and groups from wherever the host has them (nsswitch.conf(5)). May block for as long as a directory server does not answer.</summary>
internal sealed unsafe class HostUsers : IUserDirectory
{
    private const int FirstBuffer = 4096;
    private const int LargestBuffer = 1 << 20;
    private const int FirstGroups = 64;
    private const int MostGroups = 65536; // NGROUPS_MAX

    public uint? FindUser(string name)
    {
        _ = Find(name, null, out UserAccount? account);
        return account?.UserId;
    }

    public uint? FindGroup(string name)
    {
        byte[] text = Terminated(name);
        uint? id = null;
        _ = WithBuffer((buffer, size) =>
        {
            LibC.GroupEntry entry;
            LibC.GroupEntry* found = null;
            fixed (byte* start = text)
            {
                int error = LibC.FindGroupByName(start, &entry, (byte*)buffer, size, &found);
                id = found is null ? null : entry.GroupId;
                return error;
            }
        });
        return id;
    }

    /// <summary>All groups of a user, ascending; null: there is no such user.</summary>
    internal static IReadOnlyList<uint>? GroupsOf(uint userId)
    {
        _ = Find("", userId, out UserAccount? account);
        return account?.Groups;
    }

    /// <summary>The name of a user, the first one if it has several; null: there is no such user.</summary>
    internal static string? NameOf(uint userId)
    {
        _ = Find("", userId, out UserAccount? account);
        return account?.Name;
    }

    /// <summary>The home directory of a user; null: it has none, or there is no such user.</summary>
    internal static string? HomeOf(uint userId)
    {
        _ = Find("", userId, out UserAccount? account);
        return account?.Home;
    }

    /// <summary>Looks a user up.</summary>
    /// <param name="user">A name, or a number in decimal digits; the user must be known either way.</param>
    /// <param name="account">Who it is; null if there is none.</param>
    /// <returns>0, also if there is no such user; otherwise why nobody can say: an error number.</returns>
    internal static int Find(string user, out UserAccount? account) =>
        Find(user, uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null, out account);

    private static int Find(string name, uint? number, out UserAccount? account)
    {
        byte[] text = Terminated(name);
        UserAccount? user = null;
        int error = WithBuffer((buffer, size) =>
        {
            LibC.UserEntry entry;
            LibC.UserEntry* found = null;
            fixed (byte* start = text)
            {
                int result = number is { } id
                    ? LibC.FindUserByNumber(id, &entry, (byte*)buffer, size, &found)
                    : LibC.FindUserByName(start, &entry, (byte*)buffer, size, &found);
                user = found is null ? null : Read(entry);
                return result;
            }
        });
        account = user;
        return user is not null || IsAbsent(error) ? 0 : error;
    }

    // getpwnam(3), "ERRORS": these are what the modules return for a user that they do not know.
    private static bool IsAbsent(int error) => error is 0 or LibC.ENOENT or 3 /* ESRCH */ or 9 /* EBADF */ or 1 /* EPERM */;

    private static UserAccount Read(in LibC.UserEntry entry)
    {
        for (int size = FirstGroups; ; size *= 2)
        {
            uint[] groups = new uint[size];
            int count = size;
            int result;
            fixed (uint* start = groups)
            {
                result = LibC.ListGroups(entry.Name, entry.GroupId, start, &count);
            }

            if (result >= 0 || size >= MostGroups)
            {
                return new UserAccount(
                    Marshal.PtrToStringUTF8((nint)entry.Name)!,
                    entry.UserId,
                    entry.GroupId,
                    [.. groups[..Math.Min(count, size)].Distinct().Order()])
                {
                    Home = Marshal.PtrToStringUTF8((nint)entry.Directory) is { Length: > 0 } home ? home : null,
                };
            }
        }
    }

    private static byte[] Terminated(string text) => [.. NativeStrings.Encode(text), 0];

    /// <summary>Asks with larger and larger buffers until the answer fits.</summary>
    /// <returns>What it answers: an error number, ERANGE if no buffer was large enough.</returns>
    private static int WithBuffer(Func<nint, nuint, int> ask)
    {
        int error = LibC.ERANGE;
        for (int size = FirstBuffer; size <= LargestBuffer && error == LibC.ERANGE; size *= 2)
        {
            byte[] buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                error = ask((nint)start, (nuint)size);
            }
        }

        return error;
    }
}
