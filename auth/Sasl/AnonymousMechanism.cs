using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl;

/// <summary>ANONYMOUS: the client is nobody, whatever it says and whatever the kernel knows of its user.</summary>
/// <remarks>
/// The response is a trace, of which RFC 4505 says that it is no identity; like dbus-daemon, the bus demands UTF-8 and ignores it. The
/// process stays known: it is no permission. Source: specification, "Authentication mechanisms", ANONYMOUS.
/// </remarks>
public sealed class AnonymousMechanism : SaslMechanism
{
    private static readonly Exchange Stateless = new();

    /// <inheritdoc/>
    public override string Name => "ANONYMOUS";

    /// <inheritdoc/>
    public override SaslExchange Begin() => Stateless;

    private sealed class Exchange : SaslExchange
    {
        public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            return StrictUtf8.IsValid(response) ? SaslVerdict.Accepted : SaslVerdict.Rejected;
        }

        public override PeerCredentials Identify(PeerCredentials peer) => new() { IsAnonymous = true, ProcessId = peer.ProcessId, Domain = peer.Domain };
    }
}
