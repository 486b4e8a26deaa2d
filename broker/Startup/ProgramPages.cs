using System.Globalization;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>The pages of the program's own file that are mapped into this process to be read or executed: code and constants.</summary>
internal static unsafe class ProgramPages
{
    private const string Smaps = "/proc/self/smaps";
    private const string Flags = "VmFlags:";

    /// <summary>What is, or once was, mapped to be written ("accountable"), and may so have pages that are no longer the file's.</summary>
    private const string WasWritable = " ac";

    /// <summary>
    /// Lets go of them. What is used again comes back from the page cache with the next instruction, 64 KiB at a time; what the start alone
    /// has used does not.
    /// </summary>
    /// <remarks>
    /// The kernel maps what lies around each page that is touched, so that a start leaves nearly the whole file in the resident set. A page
    /// that somebody has written has its content nowhere else, in mappings that cannot be written any more either: what the loader has relocated,
    /// and the secret by which the runtime guards stacks. So only mappings that never could be written are let go of, and no library's: another
    /// thread may be loading that one (the name service does), and what is true of its mappings now is not in a moment.
    /// Source: madvise(2), proc_pid_smaps(5).
    /// </remarks>
    internal static void LetGo()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Smaps);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // a service manager that does not show it: all stay
        }

        (nuint Start, nuint End)? mapping = null;
        foreach (string line in lines)
        {
            if (line.StartsWith(Flags, StringComparison.Ordinal))
            {
                if (mapping is var (start, end) && !line.Contains(WasWritable, StringComparison.Ordinal))
                {
                    _ = LibC.AdviseMemory((void*)start, end - start, LibC.MADV_DONTNEED);
                }
            }
            else if (IsHead(line))
            {
                mapping = line.EndsWith($" {Environment.ProcessPath}", StringComparison.Ordinal) ? Read(line) : null;
            }
        }
    }

    // 55d0c0e00000-55d0c1200000 r-xp 00011000 fe:00 1234  /usr/bin/xcp-broker: and then a line for each figure, with a colon behind its name.
    private static bool IsHead(ReadOnlySpan<char> line) => line.IndexOf('-') is > 0 and int dash && dash < line.IndexOf(' ');

    private static (nuint Start, nuint End)? Read(ReadOnlySpan<char> head)
    {
        int dash = head.IndexOf('-');
        int blank = head.IndexOf(' ');
        return head[(blank + 1)..] is ['r', '-', _, 'p', ..]
            && nuint.TryParse(head[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out nuint start)
            && nuint.TryParse(head[(dash + 1)..blank], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out nuint end)
            ? (start, end)
            : null;
    }
}
