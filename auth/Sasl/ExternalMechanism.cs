using System.Buffers.Text;

namespace XcpBroker.Auth.Sasl;

/// <summary>EXTERNAL: the client is who the kernel says it is.</summary>
/// <remarks>
/// Who the listener proves to be in a domain is accepted as some process of it: the number that it says is one of its own users.
/// An empty response claims nothing and is accepted; any other must be the kernel's uid in decimal, byte for byte.
/// dbus-daemon reads the claim with strtoul and so also takes <c>+0</c>, <c>00</c> and <c>0x0</c>: not here.
/// Source: specification, "Authentication mechanisms", EXTERNAL.
/// </remarks>
public sealed class ExternalMechanism : SaslMechanism
{
    private static readonly Exchange Stateless = new();

    /// <inheritdoc/>
    public override string Name => "EXTERNAL";

    /// <inheritdoc/>
    public override SaslExchange Begin() => Stateless;

    private sealed class Exchange : SaslExchange
    {
        private const int MaxDecimalDigits = 10;

        public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            if (peer.Domain is { IsKnown: true })
            {
                return SaslVerdict.Accepted;
            }

            if (peer.UserId is not { } uid)
            {
                return SaslVerdict.Rejected;
            }

            Span<byte> decimalUid = stackalloc byte[MaxDecimalDigits];
            _ = Utf8Formatter.TryFormat(uid, decimalUid, out int digits);
            return response.IsEmpty || response.SequenceEqual(decimalUid[..digits]) ? SaslVerdict.Accepted : SaslVerdict.Rejected;
        }
    }
}
