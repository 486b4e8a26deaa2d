using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Forwarding;

/// <summary>The forwarder as a child: this program again, with another command.</summary>
internal sealed class ForwarderProcess : BrokerProcess
{
    private ForwarderProcess(BrokerStart start)
        : base("floor", start)
    {
    }

    internal static ForwarderProcess Start(BrokerStart start)
    {
        ForwarderProcess process = new(start);
        try
        {
            process.Run(start);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private void Run(BrokerStart start)
    {
        using PrintedAddress printed = new();
        string program = Path.Combine(AppContext.BaseDirectory, "XcpBroker.Load");
        Launch(start, [program, "floor", "--listen", SocketPath, "--ready", "3"], printed.WriteEnd);
        Address = printed.ReadLine(start.Patience) ?? throw Failed("did not listen");
    }
}
