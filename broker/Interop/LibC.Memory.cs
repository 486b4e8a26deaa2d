using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>This part is about the process's memory.</summary>
internal static unsafe partial class LibC
{
    internal const nuint AT_PHDR = 3;
    internal const nuint AT_PHENT = 4;
    internal const nuint AT_PHNUM = 5;
    internal const uint PT_LOAD = 1;
    internal const uint PT_PHDR = 6;
    internal const uint PF_W = 2;
    internal const int MADV_DONTNEED = 4;

    [LibraryImport("libc", EntryPoint = "getauxval")]
    internal static partial nuint GetAuxiliaryValue(nuint type);

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int AdviseMemory(void* address, nuint length, int advice);

    /// <summary>Elf64_Phdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ProgramHeader
    {
        internal uint Type;
        internal uint Flags;
        internal ulong Offset;
        internal ulong Address;
        internal ulong PhysicalAddress;
        internal ulong FileSize;
        internal ulong MemorySize;
        internal ulong Alignment;
    }
}
