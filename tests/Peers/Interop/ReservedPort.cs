using System.Net;
using System.Net.Sockets;

namespace XcpBroker.Peers.Interop;

/// <summary>A TCP port of this machine that nobody else is given, for a program that is told its number and listens there.</summary>
/// <remarks>
/// Bound and not listening, with SO_REUSEADDR as those that listen: they may bind it too, and the kernel chooses it for no other socket.
/// </remarks>
public sealed class ReservedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ReservedPort()
    {
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    /// <summary>Its number.</summary>
    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Dispose() => _socket.Dispose();
}
