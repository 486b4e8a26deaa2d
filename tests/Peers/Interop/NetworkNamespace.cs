using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace XcpBroker.Peers.Interop;

/// <summary>Sockets in other network namespaces (ip-netns(8)): a process can have some in each.</summary>
public static class NetworkNamespace
{
    /// <summary>Connects from within a namespace.</summary>
    /// <param name="name">The namespace, as ip-netns(8) knows it.</param>
    /// <param name="to">Where to.</param>
    /// <param name="from">The address that it says it comes from; null: whatever the namespace chooses.</param>
    /// <param name="patience">How long that may take.</param>
    /// <returns>Null: nothing answered in that time, or the network refused.</returns>
    public static StreamSocket? TryConnect(string name, IPEndPoint to, IPAddress? from, TimeSpan patience)
    {
        using Socket socket = Create(name, from);
        try
        {
            if (!socket.ConnectAsync(to).Wait(patience))
            {
                return null;
            }
        }
        catch (AggregateException e) when (e.InnerException is SocketException)
        {
            return null;
        }

        socket.NoDelay = true;
        return StreamSocket.Copy((int)socket.Handle);
    }

    // A thread that has entered a namespace is of no use to anybody else.
    private static Socket Create(string name, IPAddress? from)
    {
        Socket? socket = null;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter(name);
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                if (from is not null)
                {
                    socket.Bind(new IPEndPoint(from, 0));
                }
            }
            catch (Exception e) when (e is SocketException or IOException or Win32Exception)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? socket! : throw new InvalidOperationException($"no socket in namespace {name}: {failure.Message}", failure);
    }

    private static void Enter(string name)
    {
        using SafeFileHandle file = File.OpenHandle($"/run/netns/{name}");
        if (LibC.EnterNamespace((int)file.DangerousGetHandle(), LibC.NewNetwork) < 0)
        {
            throw LibC.Failure(Marshal.GetLastPInvokeError(), $"setns {name}");
        }
    }
}
