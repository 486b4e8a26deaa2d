using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using XcpBroker.Interop;

namespace XcpBroker.Diagnostics;

/// <summary>Standard error, one write(2) a line; with systemd's priority prefixes (sd-daemon(3)) when the journal reads it.</summary>
internal sealed unsafe class StandardErrorTarget(bool isJournal) : ILogTarget
{
    private const int StandardError = 2;
    private const int PatienceMilliseconds = 1000;

    // Not the strict one: a lone surrogate in a log line is no reason to lose the line.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"xcp-broker[{Environment.ProcessId}]");
    private bool _isMidLine;

    /// <summary>Whether descriptor 2 is the socket that $JOURNAL_STREAM names (systemd.exec(5)).</summary>
    internal static bool IsJournal(string? journalStream, string? standardError) =>
        journalStream?.Split(':') is [_, string inode] && standardError == $"socket:[{inode}]";

    public bool TryWrite(LogLine line)
    {
        string end = _isMidLine ? "\n" : "";
        byte[] octets = Utf8.GetBytes(isJournal
            ? string.Create(CultureInfo.InvariantCulture, $"{end}<{line.Priority}>{line.MarkedText}\n")
            : $"{end}{_name}: {LogLine.PriorityName(line.Priority)}: {line.MarkedText}\n");
        fixed (byte* first = octets)
        {
            for (nint written = 0; written < octets.Length;)
            {
                nint count = LibC.Write(StandardError, first + written, (nuint)(octets.Length - written));
                if (count < 0 && !MayTryAgain(Marshal.GetLastPInvokeError()))
                {
                    // What a full disk took of this line is not the beginning of another one.
                    _isMidLine |= written > 0;
                    return false;
                }

                written += Math.Max(count, 0);
            }
        }

        _isMidLine = false;
        return true;
    }

    /// <summary>Waits a while when another process made the descriptor non-blocking.</summary>
    private static bool MayTryAgain(int error)
    {
        if (error != LibC.EAGAIN)
        {
            return error == LibC.EINTR;
        }

        LibC.PollDescriptor writable = new() { Descriptor = StandardError, Events = LibC.POLLOUT };
        return LibC.Poll(&writable, 1, PatienceMilliseconds) == 1 && writable.Returned == LibC.POLLOUT;
    }
}
