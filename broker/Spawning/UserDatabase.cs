using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>Users and their groups, from wherever the host has them (nsswitch.conf(5)). May block for as long as a directory server does not answer.</summary>
internal static unsafe class UserDatabase
{
    private const int FirstBuffer = 4096;
    private const int LargestBuffer = 1024 * 1024;
    private const int FirstGroups = 64;
    private const int MostGroups = 65536; // NGROUPS_MAX

    /// <summary>Looks a user up.</summary>
    /// <param name="user">A name, or a number in decimal digits.</param>
    /// <param name="account">Who it is; null if there is none.</param>
    /// <returns>0, also if there is no such user; otherwise why nobody can say: an error number.</returns>
    internal static int Find(string user, out UserAccount? account)
    {
        account = null;
        bool isNumber = uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out uint id);
        byte[] name = [.. NativeStrings.Encode(user), 0];
        LibC.PasswordEntry entry;
        LibC.PasswordEntry* found = null;
        for (int size = FirstBuffer; size <= LargestBuffer; size *= 2)
        {
            byte[] buffer = new byte[size];
            fixed (byte* nameStart = name, start = buffer)
            {
                int error = isNumber
                    ? LibC.FindUserById(id, &entry, start, (nuint)size, &found)
                    : LibC.FindUser(nameStart, &entry, start, (nuint)size, &found);
                if (error == LibC.ERANGE)
                {
                    continue;
                }

                account = found is null ? null : Read(entry);
                return found is not null || IsAbsent(error) ? 0 : error;
            }
        }

        return LibC.ERANGE;
    }

    // getpwnam(3), "ERRORS": these are what the modules return for a user that they do not know.
    private static bool IsAbsent(int error) => error is 0 or LibC.ENOENT or 3 /* ESRCH */ or 9 /* EBADF */ or 1 /* EPERM */;

    private static UserAccount Read(in LibC.PasswordEntry entry)
    {
        for (int size = FirstGroups; ; size *= 2)
        {
            uint[] groups = new uint[size];
            int count = size;
            int result;
            fixed (uint* start = groups)
            {
                result = LibC.FindGroups(entry.Name, entry.GroupId, start, &count);
            }

            if (result >= 0 || size >= MostGroups)
            {
                return new UserAccount(
                    Marshal.PtrToStringUTF8((nint)entry.Name)!, entry.UserId, entry.GroupId, groups[..Math.Min(count, size)]);
            }
        }
    }
}
