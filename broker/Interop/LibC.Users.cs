using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

internal static unsafe partial class LibC
{
    /// <summary>struct passwd, as far as the group.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserEntry
    {
        internal byte* Name;
        internal byte* Password;
        internal uint UserId;
        internal uint GroupId;
        internal byte* RealName;
        internal byte* Directory;
        internal byte* Shell;
    }

    /// <summary>struct group.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct GroupEntry
    {
        internal byte* Name;
        internal byte* Password;
        internal uint GroupId;
        internal byte** Members;
    }

    /// <summary>Returns the error number instead of setting it.</summary>
    [LibraryImport("libc", EntryPoint = "getpwnam_r")]
    internal static partial int FindUserByName(byte* name, UserEntry* entry, byte* buffer, nuint size, UserEntry** found);

    /// <summary>Returns the error number instead of setting it.</summary>
    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    internal static partial int FindUserByNumber(uint id, UserEntry* entry, byte* buffer, nuint size, UserEntry** found);

    /// <summary>Returns the error number instead of setting it.</summary>
    [LibraryImport("libc", EntryPoint = "getgrnam_r")]
    internal static partial int FindGroupByName(byte* name, GroupEntry* entry, byte* buffer, nuint size, GroupEntry** found);

    [LibraryImport("libc", EntryPoint = "getgrouplist")]
    internal static partial int ListGroups(byte* user, uint primary, uint* groups, int* count);
}
