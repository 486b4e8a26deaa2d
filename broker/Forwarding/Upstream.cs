using Microsoft.Extensions.Logging;
using XcpBroker.Auth.Sasl;
using XcpBroker.Config;
using XcpBroker.Loop;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>The bus, as far as all sessions share it: where it is, how one proves oneself, and whether it could be reached last time.</summary>
internal sealed class Upstream(ForwardOptions options, SocketIO io, Action<Action> runElsewhere, ILogger log)
{
    private bool _isLost;

    internal SocketIO Io => io;

    internal BusLoop Loop => io.Loop;

    internal TimeSpan Patience => options.Patience;

    internal StreamTransport Transport { get; } = ClientSocket.TransportOf(options.Bus);

    internal SaslClient NewConversation() => new(options.NewMechanism(), options.Bus.Guid);

    /// <summary>Finds out what to connect to, off the loop where that may take its time.</summary>
    /// <param name="found">Called on the loop with the names, or with none and why.</param>
    internal void Resolve(Action<IReadOnlyList<SocketName>, string> found)
    {
        if (options.Bus is not TcpListenAddress)
        {
            found(ClientSocket.Resolve(options.Bus), "");
            return;
        }

        runElsewhere(() =>
        {
            IReadOnlyList<SocketName> names = [];
            string problem = "";
            try
            {
                names = ClientSocket.Resolve(options.Bus);
            }
            catch (StartException e)
            {
                problem = e.Message;
            }

            io.Loop.Schedule(_ => found(names, problem), null);
        });
    }

    /// <summary>Said once, until it works again.</summary>
    internal void Failed(string problem)
    {
        if (!_isLost)
        {
            ForwardLog.BusLost(log, $"{options.Bus}: {problem}");
        }

        _isLost = true;
    }

    internal void Works()
    {
        if (_isLost)
        {
            ForwardLog.BusFound(log);
        }

        _isLost = false;
    }
}
