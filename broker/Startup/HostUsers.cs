using XcpBroker.Config;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>Users and groups from wherever the host has them (nsswitch.conf(5)). May block for as long as a directory server does not answer.</summary>
internal sealed unsafe class HostUsers : IUserDirectory
{
    private const int FirstBuffer = 4096;
    private const int LargestBuffer = 1 << 20;
    private const int MostGroups = 65536; // NGROUPS_MAX

    public uint? FindUser(string name) => Find(name)?.UserId;

    public uint? FindGroup(string name)
    {
        byte[] text = [.. NativeStrings.Encode(name), 0];
        uint? id = null;
        WithBuffer((buffer, size) =>
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
    internal static IReadOnlyList<uint>? GroupsOf(uint userId) => Find(userId)?.Groups;

    private static (uint UserId, IReadOnlyList<uint> Groups)? Find(object nameOrNumber)
    {
        byte[] text = nameOrNumber is string name ? [.. NativeStrings.Encode(name), 0] : [0];
        (uint, IReadOnlyList<uint>)? user = null;
        WithBuffer((buffer, size) =>
        {
            LibC.UserEntry entry;
            LibC.UserEntry* found = null;
            fixed (byte* start = text)
            {
                int error = nameOrNumber is uint number
                    ? LibC.FindUserByNumber(number, &entry, (byte*)buffer, size, &found)
                    : LibC.FindUserByName(start, &entry, (byte*)buffer, size, &found);
                user = found is null ? null : (entry.UserId, Groups(entry));
                return error;
            }
        });
        return user;
    }

    private static uint[] Groups(in LibC.UserEntry entry)
    {
        int count = 64;
        while (true)
        {
            uint[] groups = new uint[count];
            int result;
            fixed (uint* start = groups)
            {
                result = LibC.ListGroups(entry.Name, entry.GroupId, start, &count);
            }

            if (result >= 0 || groups.Length >= MostGroups)
            {
                return [.. groups[..Math.Min(count, groups.Length)].Distinct().Order()];
            }
        }
    }

    /// <summary>Asks with larger and larger buffers until the answer fits.</summary>
    private static void WithBuffer(Func<nint, nuint, int> ask)
    {
        for (int size = FirstBuffer; size <= LargestBuffer; size *= 2)
        {
            byte[] buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                if (ask((nint)start, (nuint)size) != LibC.ERANGE)
                {
                    return;
                }
            }
        }
    }
}
