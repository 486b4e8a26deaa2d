using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>The cookie by which stock clients of a domain prove it: made of the domain's secret, which it does not give away. docs/xcp-token.md.</summary>
public static class DomainCookie
{
    /// <summary>The name of the keyring file in the domain.</summary>
    public const string Context = "org_xen_xcp";

    private const uint IdMask = int.MaxValue;

    private static ReadOnlySpan<byte> Label => "DBUS_COOKIE_SHA1 "u8;

    /// <summary>The same on both sides, whoever makes it; of another secret it is another one, with another number.</summary>
    /// <param name="domain">The domain's name.</param>
    /// <param name="secret">The text of its secret, as in its token file.</param>
    /// <param name="now">Seconds since the epoch: clients throw away what is older than seven minutes.</param>
    public static Cookie Make(string domain, ReadOnlySpan<byte> secret, long now)
    {
        byte[] bytes = Sha256.Authenticate(secret, [.. Label, .. StrictUtf8.Instance.GetBytes(domain)]);
        return new Cookie(BitConverter.ToUInt32(Sha256.Authenticate(bytes, Label), 0) & IdMask, now, Convert.ToHexStringLower(bytes));
    }
}

/// <summary>Which domain a client has to prove that it is in, if it proves itself by a cookie.</summary>
public interface IDomainCookies
{
    /// <summary>The domain that has the client's address, which proves nothing by itself, and its secret; null: no domain with a secret has.</summary>
    DomainSecret? Find(PeerAddress address);
}
