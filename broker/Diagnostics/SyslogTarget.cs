using System.Runtime.InteropServices;
using System.Text;
using XcpBroker.Interop;

namespace XcpBroker.Diagnostics;

/// <summary>syslog(3), facility daemon. One in a process: the C library keeps its identity.</summary>
/// <remarks>The C library says nothing when no syslog listens.</remarks>
internal sealed unsafe class SyslogTarget : ILogTarget
{
    private const int WithProcessId = 1;
    private const int FacilityDaemon = 3 << 3;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    internal SyslogTarget()
    {
        byte* identity = (byte*)Marshal.StringToCoTaskMemUTF8("xcp-broker"); // kept by the C library as long as the process lives
        LibC.OpenSyslog(identity, WithProcessId, FacilityDaemon);
    }

    public bool TryWrite(LogLine line)
    {
        byte[] text = Utf8.GetBytes($"{line.MarkedText}\0");
        fixed (byte* format = "%s\0"u8, first = text)
        {
            LibC.WriteSyslog(line.Priority, format, first);
        }

        return true;
    }
}
