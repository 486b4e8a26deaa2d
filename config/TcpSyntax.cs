using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using XcpBroker.Config.Domains;

namespace XcpBroker.Config;

/// <summary><c>tcp:</c>, or <c>nonce-tcp:</c>.</summary>
/// <remarks>dbus-daemon 1.14 takes names of services for ports too, and of a number that is too large its lower 16 bits.</remarks>
public sealed class TcpSyntax : TransportSyntax
{
    private readonly bool _hasNonce;

    /// <param name="hasNonce">Whether it is <c>nonce-tcp:</c>.</param>
    public TcpSyntax(bool hasNonce)
        : base(hasNonce ? "nonce-tcp" : "tcp") => _hasNonce = hasNonce;

    /// <inheritdoc/>
    public override string? SourceAttribute => _hasNonce ? null : "tcp";

    /// <inheritdoc/>
    public override bool TryReadSource(string text, [NotNullWhen(true)] out DomainSource? source, [NotNullWhen(false)] out string? error) =>
        TcpSource.TryRead(text, out source, out error);

    /// <inheritdoc/>
    public override bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        address = null;
        string host = pairs.Take("host") ?? TcpListenAddress.DefaultHost;
        string? bind = pairs.Take("bind");
        string? writtenPort = pairs.Take("port");
        string? writtenFamily = pairs.Take("family");
        if (_hasNonce && pairs.Take("noncefile") is not null)
        {
            error = "'noncefile' is for clients: a bus that listens makes a new nonce, and a file for it, at each start";
            return false;
        }

        error = pairs.UnknownKeyError(["host", "bind", "port", "family"]);
        if (error is not null)
        {
            return false;
        }

        ushort port = 0;
        if (writtenPort is not null && !ushort.TryParse(writtenPort, NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            error = $"port '{writtenPort}' is not a number up to {ushort.MaxValue}";
            return false;
        }

        TcpFamily[] families = [.. Enum.GetValues<TcpFamily>().Where(family => TcpListenAddress.NameOf(family) == writtenFamily)];
        if (families.Length == 0)
        {
            error = $"family '{writtenFamily}' is neither ipv4 nor ipv6";
            return false;
        }

        address = new TcpListenAddress { HasNonce = _hasNonce, Host = host, Bind = bind, Port = port, Family = families[0] };
        return true;
    }
}
