using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config;
using XcpBroker.Domains;
using XcpBroker.Interop;
using XcpBroker.Tokens;
using XcpBroker.Transport;

namespace XcpBroker;

/// <summary>How peers may authenticate, socket by socket, as the configuration in force says: a reload holds for who connects from then on.</summary>
internal sealed class ListenerTerms(BrokerOptions options, DomainTable domains, ICookieSource cookies, Func<ITokenFailures> countFailures)
{
    private readonly List<Offer> _offers = [];
    private BrokerOptions _options = options;

    /// <summary>Accepts what connects to a socket.</summary>
    internal IListener[] Serve(ListeningSocket socket, SocketIO io, ITransportAcceptor acceptor)
    {
        bool isRemote = !socket.Transport.KnowsUsers;
        DeclaredSecrets secrets = new(domains);
        ITokenFailures failures = countFailures();
        Offer offer = new(
            socket,
            new CookieSha1Mechanism(cookies) { Domains = isRemote ? new DomainCookieTerms(secrets, failures, SecureRandom.Bytes) : null },
            isRemote ? new XcpTokenMechanism(socket.Guid, secrets, failures, SecureRandom.Bytes) : null);
        SaslTerms terms = TermsOf(offer);
        offer.Listeners = [.. socket.Descriptors.Select(descriptor => socket.Transport.Serve(io, descriptor, terms, acceptor))];
        _offers.Add(offer);
        return offer.Listeners;
    }

    /// <summary>It accepts no more.</summary>
    internal void Forget(IListener listener) => _ = _offers.RemoveAll(offer => offer.Listeners.Contains(listener));

    /// <summary>Another configuration is in force.</summary>
    internal void Apply(BrokerOptions options)
    {
        _options = options;
        foreach (Offer offer in _offers)
        {
            SaslTerms terms = TermsOf(offer);
            Array.ForEach(offer.Listeners, listener => listener.Terms = terms);
        }
    }

    private SaslTerms TermsOf(Offer offer)
    {
        ListeningSocket socket = offer.Socket;
        bool isKnown = socket.Transport.KnowsUsers || socket.ProvesDomain;
        return new SaslTerms(socket.Guid, OfferedMechanisms.Choose(_options, isKnown, offer.Cookie, offer.Token))
        {
            Domain = socket.Address.Domain,
            TrustsAddresses = socket.Address.TrustsAddresses,
            AllowsAnonymous = _options.AllowAnonymous,
            Nonce = socket.Nonce?.Nonce,
        };
    }

    /// <summary>A socket and the mechanisms that it may offer. They last as it does: they know who has failed of late.</summary>
    private sealed record Offer(ListeningSocket Socket, CookieSha1Mechanism Cookie, XcpTokenMechanism? Token)
    {
        internal IListener[] Listeners { get; set; } = [];
    }
}
