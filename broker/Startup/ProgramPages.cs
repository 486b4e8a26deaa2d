using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>The pages of the program's own file that are mapped into this process: code and constants.</summary>
internal static unsafe class ProgramPages
{
    private const ulong IsPresent = 1UL << 63;

    /// <summary>The page is the file's as it is. Without it, it is a copy of this process's own, and its content is nowhere else.</summary>
    private const ulong IsFiles = 1UL << 61;

    /// <summary>
    /// Lets go of all of them. What is used again comes back from the page cache with the next instruction, 64 KiB at a time; what the start
    /// alone has used does not.
    /// </summary>
    /// <remarks>
    /// The kernel maps what lies around each page that is touched, so that a start leaves nearly the whole file in the resident set. Pages
    /// that somebody has written are not let go of, in segments that cannot be written either: the runtime keeps the secret by which it guards
    /// stacks among the constants, and a debugger its breakpoints in the code. Source: madvise(2), getauxval(3), elf(5); the kernel's
    /// Documentation/admin-guide/mm/pagemap.rst.
    /// </remarks>
    internal static void LetGo()
    {
        byte* headers = (byte*)LibC.GetAuxiliaryValue(LibC.AT_PHDR);
        nuint count = LibC.GetAuxiliaryValue(LibC.AT_PHNUM);
        nuint size = LibC.GetAuxiliaryValue(LibC.AT_PHENT);
        if (headers is null || size < (nuint)sizeof(LibC.ProgramHeader) || LoadAddress(headers, count, size) is not { } load)
        {
            return;
        }

        try
        {
            using SafeFileHandle map = File.OpenHandle("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            for (nuint i = 0; i < count; i++)
            {
                LibC.ProgramHeader* header = (LibC.ProgramHeader*)(headers + (i * size));
                if (header->Type == LibC.PT_LOAD && (header->Flags & LibC.PF_W) == 0)
                {
                    LetGo(map, load + (nuint)header->Address, (nuint)header->MemorySize);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel, or a service manager, that does not show it: all stays.
        }
    }

    private static void LetGo(SafeFileHandle map, nuint start, nuint length)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint first = start / page;
        nuint last = (start + length) / page;
        byte[] entries = new byte[(last - first) * sizeof(ulong)];
        int read = RandomAccess.Read(map, entries, (long)(first * sizeof(ulong)));
        int known = read / sizeof(ulong);
        for (int i = 0, next; i < known; i = next + 1)
        {
            next = i;
            while (next < known && CanGo(entries.AsSpan(next * sizeof(ulong))))
            {
                next++;
            }

            if (next > i)
            {
                _ = LibC.AdviseMemory((void*)((first + (nuint)i) * page), (nuint)(next - i) * page, LibC.MADV_DONTNEED);
            }
        }
    }

    private static bool CanGo(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(entry) & (IsPresent | IsFiles)) == (IsPresent | IsFiles);

    /// <summary>What is added to the file's addresses; null: it cannot be told.</summary>
    private static nuint? LoadAddress(byte* headers, nuint count, nuint size)
    {
        for (nuint i = 0; i < count; i++)
        {
            LibC.ProgramHeader* header = (LibC.ProgramHeader*)(headers + (i * size));
            if (header->Type == LibC.PT_PHDR)
            {
                return (nuint)headers - (nuint)header->Address;
            }
        }

        return null;
    }
}
