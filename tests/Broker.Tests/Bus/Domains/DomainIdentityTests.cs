using System.Net;
using System.Text;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Peers.Raw;
using XcpBroker.Testing;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>Who is in which domain is what a listener proves; whoever only says so is nobody.</summary>
internal sealed class DomainIdentityTests : DomainFixture
{
    private static readonly SaslTerms Trusting = new(InMemoryBroker.ListenerGuid, SaslMechanisms.ExternalOnly) { TrustsAddresses = true };
    private static readonly SaslTerms Plain = new(InMemoryBroker.ListenerGuid, SaslMechanisms.ExternalOnly);

    private static readonly SaslTerms AnonymousToo =
        new(InMemoryBroker.ListenerGuid, new SaslMechanisms(new ExternalMechanism(), new AnonymousMechanism())) { TrustsAddresses = true, AllowsAnonymous = true };

    [Test]
    public void Who_connects_to_the_socket_of_a_domain_is_in_it_whatever_the_kernel_says()
    {
        Rules();
        FakePeer peer = Broker.ConnectFromDomain("nfs");

        Assert.That(Domain(peer), Is.EqualTo("nfs"));
        Assert.That(Credentials(peer), Is.EqualTo(
            "org.xen.xcp.DomainUuid=0123abcd-89ab-cdef-0123-456789abcdef org.xen.xcp.DomainName=nfs org.xen.xcp.Transport=unix"));
    }

    // root by number: it is the domain's own root, not this host's.
    [TestCase("AUTH EXTERNAL 30")]
    [TestCase("AUTH EXTERNAL 31303030")]
    [TestCase("AUTH EXTERNAL 6e6f2d6e756d626572")]
    public void The_number_that_it_claims_is_ignored(string auth)
    {
        Rules();
        FakePeer peer = Broker.AcceptFromDomain("nfs");
        peer.SendRaw(Encoding.ASCII.GetBytes($"\0{auth}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"));

        Assert.That(Encoding.ASCII.GetString(peer.ReceiveRaw()), Does.Match("^OK [0-9a-f]{32}\r\nERROR "));
        peer.Hello();
        Assert.That(Domain(peer), Is.EqualTo("nfs"));
        Assert.That(peer.Ask("GetConnectionUnixUser", peer.UniqueName).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.Failed"));
        Assert.That(peer.Ask("GetConnectionUnixProcessID", peer.UniqueName).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.UnixProcessIdUnknown"));
        Assert.That(peer.Ask("GetConnectionSELinuxSecurityContext", peer.UniqueName).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.SELinuxSecurityContextUnknown"));
    }

    [TestCase("10.0.0.1", "nfs")]
    [TestCase("10.0.0.2", "web")]
    [TestCase("::ffff:10.0.0.2", "web")]
    [TestCase("10.0.0.3", null)]
    public void A_trusted_address_proves_a_domain(string address, string? domain)
    {
        Rules();
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse(address)), Trusting);

        Assert.That(Authenticate(peer), Does.StartWith(domain is null ? "REJECTED" : "OK"));
        Assert.That(Broker.Bus.Connections.Single().Domain?.Identity.Name, Is.EqualTo(domain));
    }

    [Test]
    public void An_address_that_nobody_vouches_for_proves_nothing()
    {
        Rules();
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse("10.0.0.1")), Plain);

        Assert.That(Authenticate(peer), Does.StartWith("REJECTED"));
    }

    [TestCase(7u, "nfs")]
    [TestCase(8u, null)]
    public void A_context_id_always_proves_a_domain(uint cid, string? domain)
    {
        Rules();
        FakePeer peer = Broker.Accept(new VsockPeerAddress(cid), Plain);

        Assert.That(Authenticate(peer), Does.StartWith(domain is null ? "REJECTED" : "OK"));
        if (domain is not null)
        {
            peer.SendRaw("BEGIN\r\n"u8);
            peer.Hello();
            Assert.That(Credentials(peer), Does.StartWith("org.xen.xcp.DomainId=7 ").And.EndsWith("org.xen.xcp.Transport=vsock"));
        }
    }

    [TestCase("", false)]
    [TestCase("<policy domain='@unknown'><allow send_destination='org.example.A'/></policy>", true)]
    [TestCase("<policy context='mandatory'><allow send_destination='*'/><allow user='*'/></policy>", false)]
    public void Who_is_unknown_gets_nothing_without_a_rule_not_even_Hello(string policies, bool isLetIn)
    {
        Rules(policies);
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse("10.0.0.3")), AnonymousToo);
        peer.SendRaw("\0AUTH ANONYMOUS 61\r\nBEGIN\r\n"u8);
        peer.Call("Hello");
        _ = peer.ReceiveRaw();

        Assert.That(peer.IsClosed, Is.EqualTo(!isLetIn));
    }

    [Test]
    public void Without_domains_TCP_is_what_it_was()
    {
        Broker.Dispose();
        Broker = new InMemoryBroker();
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse("10.0.0.3")), AnonymousToo with { TrustsAddresses = false });
        peer.SendRaw("\0AUTH ANONYMOUS 61\r\nBEGIN\r\n"u8);
        _ = peer.ReceiveRaw();
        peer.Hello();

        Assert.That(peer.Ask("GetConnectionCredentials", peer.UniqueName).ErrorName, Is.Null);
    }

    // Everything of the bus that is an operator's, the administrator's or another user's business.
    [TestCase("org.freedesktop.DBus", "ReloadConfig")]
    [TestCase("org.freedesktop.DBus.Monitoring", "BecomeMonitor")]
    [TestCase("org.freedesktop.DBus.Debug.Stats", "GetStats")]
    [TestCase("org.freedesktop.DBus.Debug.Stats", "GetConnectionStats")]
    [TestCase("org.freedesktop.DBus.Debug.Stats", "GetAllMatchRules")]
    [TestCase("org.freedesktop.DBus", "UpdateActivationEnvironment")]
    [TestCase("org.freedesktop.DBus.Properties", "Set")]
    public void What_is_not_for_domains_is_refused(string @interface, string member)
    {
        Rules("<policy domain='*'><allow send_destination='*'/><allow receive_sender='*'/></policy>");
        FakePeer peer = Broker.ConnectFromDomain("nfs");

        PeerMessage answer = peer.ReceiveReply(peer.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", @interface, member));

        Assert.That(answer.ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.AccessDenied"));
    }

    [Test]
    public void Nothing_of_the_broker_itself_is_for_domains()
    {
        string[] open =
        [
            "Ack", "AddMatch", "Get", "GetAdtAuditSessionData", "GetAll", "GetConnectionCredentials", "GetConnectionSELinuxSecurityContext",
            "GetConnectionUnixProcessID", "GetConnectionUnixUser", "GetId", "GetMachineId", "GetNameOwner", "Hello", "Introspect",
            "ListActivatableNames", "ListDeliveries", "ListNames", "ListQueuedOwners", "NameHasOwner", "Ping", "Post", "ReleaseName", "RemoveMatch", "RequestName", "StartServiceByName",
        ];

        Assert.That(Broker.Bus.Driver.Methods.Where(method => method.IsForDomains).Select(method => method.Name).Order(StringComparer.Ordinal), Is.EqualTo(open));
        Assert.That(Broker.Bus.Driver.Methods.Where(method => method.IsForDomains), Is.All.Matches<XcpBroker.Driver.DriverMethod>(method => !method!.IsPrivileged));
    }

    [Test]
    public void A_domain_has_no_more_connections_than_it_may()
    {
        Rules(domains: "<domain name='nfs'><limit name='max_connections'>2</limit></domain><domain name='web'/>");
        FakePeer[] peers = [Broker.AcceptFromDomain("nfs"), Broker.AcceptFromDomain("nfs"), Broker.AcceptFromDomain("nfs"), Broker.AcceptFromDomain("web")];
        foreach (FakePeer peer in peers)
        {
            _ = peer.ReceiveRaw();
        }

        Assert.That(string.Join(' ', peers.Select(peer => peer.IsClosed)), Is.EqualTo("False False True False"));
        peers[0].Close();
        Assert.That(Broker.ConnectFromDomain("nfs").IsClosed, Is.False);
    }

    [Test]
    public void Who_is_in_a_domain_that_goes_goes_with_it_and_its_names_too()
    {
        Rules("<policy domain='nfs'><allow own='org.example.A'/></policy>");
        FakePeer watcher = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer web = Broker.ConnectFromDomain("web");
        nfs.RequestName("org.example.A");
        Reload("<domain name='web'/>");
        _ = (nfs.ReceiveRaw(), web.ReceiveRaw());

        Assert.That((nfs.IsClosed, web.IsClosed), Is.EqualTo((true, false)));
        Assert.That(watcher.Ask("NameHasOwner", "org.example.A").Number(), Is.Zero);
        Assert.That(Authenticate(Broker.AcceptFromDomain("nfs")), Does.StartWith("REJECTED"));
    }

    [Test]
    public void A_domain_with_other_tags_keeps_its_connections_and_has_other_rights()
    {
        Rules("<policy domain='@tag:new'><allow own='org.example.A'/></policy>");
        FakePeer peer = Broker.ConnectFromDomain("web");
        Assert.That(peer.Ask("RequestName", "org.example.A", 0u).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.AccessDenied"));
        Reload("<domain name='web' tags='new'><source tcp='10.0.0.2'/></domain>");

        Assert.That(peer.RequestName("org.example.A"), Is.EqualTo(1));
    }

    [TestCase("<domain name='nfs' uuid='0123abcd-89ab-cdef-0123-456789abcdee'/>")]
    [TestCase("<domain name='nfs' uuid='0123abcd-89ab-cdef-0123-456789abcdef'><source tcp='10.0.0.9'/></domain>")]
    public void Another_domain_of_the_same_name_or_another_address_ends_what_the_first_has(string domains)
    {
        Rules();
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse("10.0.0.1")), Trusting);
        Reload(domains);
        _ = peer.ReceiveRaw();

        Assert.That(peer.IsClosed, Is.True);
    }

    private static string Authenticate(FakePeer peer)
    {
        peer.SendRaw("\0AUTH EXTERNAL 30\r\n"u8);
        return Encoding.ASCII.GetString(peer.ReceiveRaw());
    }

    private static string Credentials(FakePeer peer) =>
        string.Join(' ', peer.AskWell("GetConnectionCredentials", peer.UniqueName).Dictionary().Select(pair => $"{pair.Key}={pair.Value}"));

    private string? Domain(FakePeer peer) =>
        Broker.Bus.Connections.Single(connection => connection.UniqueNameText == peer.UniqueName).Credentials.Domain?.Name;
}
