using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>This part is about the process's memory.</summary>
internal static unsafe partial class LibC
{
    internal const int MADV_DONTNEED = 4;

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int AdviseMemory(void* address, nuint length, int advice);
}
