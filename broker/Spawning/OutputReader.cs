using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using XcpBroker.Interop;
using XcpBroker.Loop;

namespace XcpBroker.Spawning;

/// <summary>Reads what processes write until the last of those that hold the pipe has gone, which may be long after the first has ended.</summary>
/// <remarks>
/// It always reads, whatever becomes of the lines: a service that waits for room in a pipe would be a service that hangs.
/// </remarks>
internal sealed unsafe class OutputReader
{
    private const int ReadSize = 16 * 1024;

    private readonly OutputLines _lines;
    private DescriptorWatch? _watch;

    private OutputReader(string service, Deadlines deadlines, ILogger log) => _lines = new OutputLines(service, deadlines, log);

    /// <summary>Begins to read.</summary>
    /// <param name="loop">On which it reads.</param>
    /// <param name="descriptor">The reading end of a pipe; owned.</param>
    /// <param name="service">Who writes.</param>
    /// <param name="log">Where the lines go.</param>
    internal static void Start(EpollBusLoop loop, int descriptor, string service, ILogger log)
    {
        OutputReader reader = new(service, loop.Deadlines, log);
        reader._watch = DescriptorWatch.Create(loop, descriptor, reader.OnReadable);
        if (reader._watch is null)
        {
            SpawnLog.OutputNotRead(log, service, Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }
    }

    private void OnReadable()
    {
        byte* octets = stackalloc byte[ReadSize];
        nint count = LibC.Read(_watch!.Descriptor, octets, ReadSize);
        if (count > 0)
        {
            _lines.Take(new ReadOnlySpan<byte>(octets, (int)count));
            return;
        }

        if (count == 0 || Marshal.GetLastPInvokeError() is not (LibC.EINTR or LibC.EAGAIN))
        {
            _lines.End();
            _watch.Dispose();
        }
    }
}
