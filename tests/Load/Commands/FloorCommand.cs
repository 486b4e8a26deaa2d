using System.Text;
using Microsoft.Win32.SafeHandles;
using XcpBroker.Load.Forwarding;
using XcpBroker.Peers.Interop;

namespace XcpBroker.Load.Commands;

/// <summary>Runs the forwarder that a comparison calls the floor.</summary>
internal static class FloorCommand
{
    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        Arguments given = new(arguments, ["--listen", "--ready"], []);
        string path = given.Text("--listen");
        using StreamSocket listener = StreamSocket.Listen(path);
        if (given.Has("--ready"))
        {
            using FileStream ready = new(new SafeFileHandle(given.Number("--ready", 3), ownsHandle: true), FileAccess.Write, bufferSize: 0);
            ready.Write(Encoding.ASCII.GetBytes($"unix:path={path}\n"));
        }

        using Forwarder forwarder = new(listener.Descriptor);
        forwarder.Run();
        return 0;
    }
}
