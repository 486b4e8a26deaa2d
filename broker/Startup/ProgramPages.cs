using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>The pages of files that are mapped into this process to be read or executed: code and constants of the program and its libraries.</summary>
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
    /// that somebody has written are not let go of, in mappings that cannot be written either: the runtime keeps the secret by which it guards
    /// stacks among the constants, and a debugger its breakpoints in the code. Source: madvise(2), proc_pid_maps(5); the kernel's
    /// Documentation/admin-guide/mm/pagemap.rst.
    /// </remarks>
    internal static void LetGo()
    {
        try
        {
            using SafeFileHandle pages = File.OpenHandle("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            foreach (string line in File.ReadAllLines("/proc/self/maps"))
            {
                // 55d0c0e00000-55d0c1200000 r-xp 00011000 fe:00 1234  /usr/bin/xcp-broker
                ReadOnlySpan<char> mapping = line;
                int dash = mapping.IndexOf('-');
                int blank = mapping.IndexOf(' ');
                if (mapping[(blank + 1)..] is ['r', '-', _, 'p', ..] && mapping.Contains('/')
                    && nuint.TryParse(mapping[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out nuint start)
                    && nuint.TryParse(mapping[(dash + 1)..blank], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out nuint end))
                {
                    LetGo(pages, start, end);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel, or a service manager, that does not show them: all stay.
        }
    }

    private static void LetGo(SafeFileHandle pages, nuint start, nuint end)
    {
        nuint size = (nuint)Environment.SystemPageSize;
        byte[] entries = new byte[(end - start) / size * sizeof(ulong)];
        int known = RandomAccess.Read(pages, entries, (long)(start / size * sizeof(ulong))) / sizeof(ulong);
        for (int i = 0, next; i < known; i = next + 1)
        {
            next = i;
            while (next < known && CanGo(entries.AsSpan(next * sizeof(ulong))))
            {
                next++;
            }

            if (next > i)
            {
                _ = LibC.AdviseMemory((void*)(start + ((nuint)i * size)), (nuint)(next - i) * size, LibC.MADV_DONTNEED);
            }
        }
    }

    private static bool CanGo(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(entry) & (IsPresent | IsFiles)) == (IsPresent | IsFiles);
}
