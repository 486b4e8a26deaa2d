using System.Text;
using XcpBroker.Peers.Interop;

namespace XcpBroker.Peers.Processes;

/// <summary>The pipe on which --print-address=3 answers.</summary>
public sealed unsafe class PrintedAddress : IDisposable
{
    private int _read;
    private int _write;

    public PrintedAddress()
    {
        int* pair = stackalloc int[2];
        _ = LibC.Check(LibC.Pipe(pair, LibC.CloseOnExec), "pipe2");
        (_read, _write) = (pair[0], pair[1]);
    }

    /// <summary>The end that the broker writes to.</summary>
    public int WriteEnd => _write;

    /// <summary>The line, or null when the broker closed the pipe or took too long.</summary>
    public string? ReadLine(TimeSpan timeout)
    {
        _ = LibC.Close(_write);
        _write = -1;
        byte* buffer = stackalloc byte[1024];
        StringBuilder line = new();
        while (StreamSocket.Wait(_read, LibC.PollIn, timeout))
        {
            nint count = LibC.Read(_read, buffer, 1024);
            if (count <= 0)
            {
                return null;
            }

            _ = line.Append(Encoding.ASCII.GetString(buffer, (int)count));
            if (line[^1] == '\n')
            {
                return line.ToString().TrimEnd('\n');
            }
        }

        return null;
    }

    public void Dispose()
    {
        if (_write >= 0)
        {
            _ = LibC.Close(_write);
        }

        _ = LibC.Close(_read);
        _read = -1;
    }
}
