using System.Buffers;
using System.Net;
using System.Text;
using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config.Domains;
using XcpBroker.Testing;
using XcpBroker.Tokens;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>Domains that come and go in xenstore: what they prove, and what is left of them afterwards.</summary>
internal sealed class DomainBootsTests : DomainFixture
{
    private const string Uuid = "0123abcd-89ab-cdef-0123-456789abcdef";
    private const string Other = "1123abcd-89ab-cdef-0123-456789abcdef";
    private const string Secret = "00112233445566778899aabbccddeeff";
    private const string Address = "tcp:host=169.254.0.1,port=5555";

    private readonly FakeDomainWatch _watch = new();

    [Test]
    public void Each_declared_domain_is_watched_with_the_address_and_the_GUID_that_it_is_to_find()
    {
        Rules(domains: $"<domain name='nfs' uuid='{Uuid}'/><domain name='web' address='vsock:cid=2,port=7'/>");
        Begin();

        Assert.That(_watch.Lines, Is.EqualTo($"watch nfs {Uuid} {Address} guid-of-tcp | watch web  vsock:cid=2,port=7 "));
    }

    [Test]
    public void Each_boot_is_confirmed_once_its_token_is_known_or_known_to_be_nobodys()
    {
        Rules(domains: $"<domain name='nfs' uuid='{Uuid}'/>");
        Begin();
        _watch.Clear();
        Broker.Bus.Boots.Booted(new DomainBoot("nfs", 5, Uuid, Secret));
        Broker.Bus.Boots.Booted(new DomainBoot("nfs", 6, Other, Secret));
        Broker.Bus.Boots.Booted(new DomainBoot("none", 7, Uuid, Secret));

        Assert.That(_watch.Lines, Is.EqualTo("confirm 5 | confirm 6 | confirm 7"));
    }

    [Test]
    public void Without_xenstore_in_the_configuration_nobody_is()
    {
        Rules();
        Broker.Bus.Boots.Begin(_watch, _ => null);

        Assert.That(_watch.Lines, Is.Empty);
    }

    [Test]
    public void A_reload_says_what_has_changed_and_no_more()
    {
        Rules(domains: "<domain name='nfs'/><domain name='web'/>");
        Begin();
        _watch.Clear();
        Broker.Bus.Domains.Apply(Read(domains: $"<domain name='web'/><domain name='db' uuid='{Uuid}'/>").Domains);
        Assert.That(_watch.Lines, Is.EqualTo($"forget nfs | watch db {Uuid} {Address} guid-of-tcp"));

        _watch.Clear();
        Broker.Bus.Boots.Apply(new XenstorePublication(null));
        Assert.That(_watch.Lines, Is.EqualTo($"watch db {Uuid}   | watch web   "));

        _watch.Clear();
        Broker.Bus.Boots.Apply(null);
        Assert.That(_watch.Lines, Is.EqualTo("forget db | forget web"));
    }

    [Test]
    public void Domains_that_are_added_and_removed_live_are_watched_like_others()
    {
        Rules(domains: "<domain name='nfs'/>");
        Begin();
        _watch.Clear();
        Assert.That(Broker.Bus.Domains.Add(new DomainDeclaration(new DomainIdentity("live") { Uuid = Other })), Is.Null);
        Assert.That(_watch.Lines, Is.EqualTo($"watch live {Other} {Address} guid-of-tcp"));

        _watch.Clear();
        Broker.Bus.Domains.Remove(Broker.Bus.Domains.All.Single(domain => domain.IsLive));
        Assert.That(_watch.Lines, Is.EqualTo("forget live"));
    }

    [Test]
    public void The_token_of_a_domain_that_runs_proves_it_and_its_number_is_known()
    {
        Rules();
        Begin();
        Assert.That(Prove("nfs", Secret), Is.Null, "before it runs");

        Boot("nfs", 5, Secret);
        FakePeer peer = Prove("nfs", Secret)!;
        peer.Hello();
        Assert.That(
            string.Join(' ', peer.AskWell("GetConnectionCredentials", peer.UniqueName).Dictionary().Select(pair => $"{pair.Key}={pair.Value}")),
            Is.EqualTo($"org.xen.xcp.DomainId=5 org.xen.xcp.DomainUuid={Uuid} org.xen.xcp.DomainName=nfs org.xen.xcp.Transport=tcp"));
        Assert.That(Prove("web", Secret), Is.Null, "another one");
        Assert.That(string.Join('\n', Broker.Log.Lines), Does.Not.Contain(Secret));
    }

    [Test]
    public void On_release_all_connections_and_the_token_die_at_once()
    {
        Rules("<policy domain='nfs'><allow own='org.example.A'/></policy>");
        Begin();
        FakePeer host = Broker.Connect();
        FakePeer web = Broker.ConnectFromDomain("web");
        FakePeer socket = Broker.ConnectFromDomain("nfs");
        Boot("nfs", 5, Secret);
        FakePeer token = Prove("nfs", Secret)!;
        token.Hello();
        token.RequestName("org.example.A");
        End("nfs", 5);
        _ = (token.ReceiveRaw(), socket.ReceiveRaw(), web.ReceiveRaw());

        Assert.That((token.IsClosed, socket.IsClosed, web.IsClosed, host.IsClosed), Is.EqualTo((true, true, false, false)));
        Assert.That(host.Ask("NameHasOwner", "org.example.A").Number(), Is.Zero);
        Assert.That(Prove("nfs", Secret), Is.Null);
    }

    [Test]
    public void Who_has_proved_it_and_has_not_begun_when_it_dies_is_not_let_in()
    {
        Rules();
        Begin();
        Boot("nfs", 5, Secret);
        (FakePeer peer, string heard) = Say("nfs", Secret);
        Assert.That(heard, Does.Contain("OK "));
        End("nfs", 5);
        Boot("nfs", 6, Secret);
        peer.SendRaw("BEGIN\r\n"u8);
        peer.Call("Hello");
        _ = peer.ReceiveRaw();

        Assert.That(peer.IsClosed, Is.True);
    }

    [Test]
    public void While_two_of_it_run_each_token_is_good_and_the_end_of_one_leaves_the_other_alone()
    {
        const string Second = "ffeeddccbbaa99887766554433221100";
        Rules();
        Begin();
        Boot("nfs", 5, Secret);
        FakePeer first = Prove("nfs", Secret)!;
        first.Hello();
        FakePeer socket = Broker.ConnectFromDomain("nfs");
        Boot("nfs", 6, Second);
        FakePeer second = Prove("nfs", Second)!;
        second.Hello();
        End("nfs", 5);
        _ = (first.ReceiveRaw(), second.ReceiveRaw(), socket.ReceiveRaw());

        Assert.That((first.IsClosed, second.IsClosed, socket.IsClosed), Is.EqualTo((true, false, true)));
        Assert.That(Prove("nfs", Secret), Is.Null);
        Assert.That(Prove("nfs", Second), Is.Not.Null);
    }

    [Test]
    public void The_token_of_its_file_stays_good_whoever_comes_and_goes()
    {
        const string OfFile = "ffeeddccbbaa99887766554433221100";
        Rules();
        DomainDeclaration nfs = Broker.Bus.Domains.All.First().Declaration;
        Broker.Bus.Domains.Apply([nfs with { Token = Encoding.ASCII.GetBytes($"nfs {OfFile}") }]);
        Begin();
        Boot("nfs", 5, Secret);

        Assert.That((Prove("nfs", OfFile) is null, Prove("nfs", Secret) is null), Is.EqualTo((false, false)));
        End("nfs", 5);
        Assert.That((Prove("nfs", OfFile) is null, Prove("nfs", Secret) is null), Is.EqualTo((false, true)));
    }

    [Test]
    public void One_that_is_watched_no_longer_loses_what_its_token_has_opened_and_nothing_else()
    {
        Rules();
        Begin();
        Boot("nfs", 5, Secret);
        FakePeer token = Prove("nfs", Secret)!;
        FakePeer socket = Broker.ConnectFromDomain("nfs");
        Broker.Bus.Boots.Apply(null);
        End("nfs", 5);
        _ = (token.ReceiveRaw(), socket.ReceiveRaw());

        Assert.That((token.IsClosed, socket.IsClosed), Is.EqualTo((true, false)));
    }

    [Test]
    public void What_was_said_of_a_domain_that_has_another_UUID_by_now_counts_for_nothing()
    {
        Rules();
        Begin();
        Broker.Bus.Domains.Apply(Read(domains: $"<domain name='nfs' uuid='{Other}'/>").Domains);
        Boot("nfs", 5, Secret);

        Assert.That(Prove("nfs", Secret), Is.Null);
    }

    [Test]
    public void Other_tags_take_nothing_from_a_domain_that_runs()
    {
        Rules("<policy domain='@tag:new'><allow own='org.example.A'/></policy>");
        Begin();
        Boot("nfs", 5, Secret);
        FakePeer peer = Prove("nfs", Secret)!;
        peer.Hello();
        Reload(Domains.Replace("type=\"storage\"", "tags=\"new\"", StringComparison.Ordinal));
        Assert.That(peer.RequestName("org.example.A"), Is.EqualTo(1));
        Assert.That(Prove("nfs", Secret)!.IsClosed, Is.False);

        End("nfs", 5);
        _ = peer.ReceiveRaw();
        Assert.That(peer.IsClosed, Is.True);
    }

    [Test]
    public void What_nobody_knows_of_does_nothing()
    {
        Rules();
        Begin();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        Boot("none", 5, Secret);
        End("none", 5);
        End("nfs", 5);
        _ = nfs.ReceiveRaw();

        Assert.That(nfs.IsClosed, Is.False);
    }

    private void Begin()
    {
        Broker.Bus.Boots.Begin(_watch, address => address.StartsWith("tcp:", StringComparison.Ordinal) ? "guid-of-tcp" : null);
        Broker.Bus.Boots.Apply(new XenstorePublication(Address));
    }

    private void Boot(string name, uint domid, string secret) => Broker.Bus.Boots.Booted(new DomainBoot(name, domid, Uuid, secret));

    private void End(string name, uint domid)
    {
        Broker.Bus.Boots.Ended(name, domid);
        Broker.Run();
    }

    /// <summary>A peer that has proved by TCP to be in a domain; null: it was not believed.</summary>
    private FakePeer? Prove(string name, string secret)
    {
        (FakePeer peer, string heard) = Say(name, secret);
        if (!heard.Contains("OK ", StringComparison.Ordinal))
        {
            return null;
        }

        peer.SendRaw("BEGIN\r\n"u8);
        Broker.Run();
        return peer;
    }

    private (FakePeer Peer, string Heard) Say(string name, string secret)
    {
        XcpTokenMechanism mechanism = new(InMemoryBroker.ListenerGuid, new DeclaredSecrets(Broker.Bus.Domains), new Rejections(), count => new byte[count]);
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse("10.9.9.9")), new SaslTerms(InMemoryBroker.ListenerGuid, new SaslMechanisms(mechanism)));
        SaslClient client = new(new XcpTokenClient(name, Encoding.ASCII.GetBytes(secret), new byte[TokenProof.NonceBytes]), null);
        ArrayBufferWriter<byte> said = new();
        client.Begin(said);
        string heard = "";
        for (SaslClientOutcome outcome = SaslClientOutcome.NeedMoreData; outcome == SaslClientOutcome.NeedMoreData;)
        {
            peer.SendRaw(said.WrittenSpan);
            said.ResetWrittenCount();
            byte[] answer = peer.ReceiveRaw();
            heard += Encoding.ASCII.GetString(answer);
            outcome = answer.Length == 0 ? SaslClientOutcome.Refused : client.Receive(answer, out _, said);
        }

        return (peer, heard);
    }

    private sealed class Rejections : ITokenFailures
    {
        public void Delay(string? domain, Action reject) => reject();
    }

    private sealed class FakeDomainWatch : IDomainWatch
    {
        private readonly List<string> _lines = [];

        internal string Lines => string.Join(" | ", _lines.Order(StringComparer.Ordinal));

        public void Watch(DomainNotice notice) => _lines.Add($"watch {notice.Name} {notice.Uuid} {notice.Address} {notice.Guid}");

        public void Forget(string name) => _lines.Add($"forget {name}");

        public void Confirm(uint domid) => _lines.Add($"confirm {domid}");

        internal void Clear() => _lines.Clear();
    }
}
