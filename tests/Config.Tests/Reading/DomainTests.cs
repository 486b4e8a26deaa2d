using System.Text;
using XcpBroker.Auth;
using XcpBroker.Config.Domains;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Reading;

internal sealed class DomainTests
{
    private const string File = "/etc/bus/main.conf";

    private readonly FakeFiles _files = new();

    [Test]
    public void A_domain_is_who_it_is_where_it_comes_from_and_what_it_may_use()
    {
        _files["/etc/bus/nfs.token"] = "00112233445566778899aabbccddeeff\r\n";
        DomainDeclaration domain = Read("""
            <domain name="nfs-1" uuid="0123ABCD-89ab-cdef-0123-456789abcdef" type="storage" tags="fast, nfs fast" grace="90" token-file="nfs.token">
              <source vsock-cid="7"/><source tcp="169.254.0.17"/><source tcp="10.1.0.0/16"/><source tcp="fd00::/8"/><source unix="nfs.sock"/>
              <limit name="max_names">3</limit><limit name="max_bytes">100</limit>
            </domain>
            """).Domains.Single();

        Assert.That(domain.Identity.Name, Is.EqualTo("nfs-1"));
        Assert.That(domain.Identity.Uuid, Is.EqualTo("0123abcd-89ab-cdef-0123-456789abcdef"));
        Assert.That((domain.Identity.Type, string.Join(' ', domain.Identity.Tags)), Is.EqualTo(("storage", "fast nfs")));
        Assert.That(domain.Grace, Is.EqualTo(TimeSpan.FromSeconds(90)));
        Assert.That((domain.TokenFile, Encoding.ASCII.GetString(domain.Token.Span)), Is.EqualTo(("/etc/bus/nfs.token", "00112233445566778899aabbccddeeff")));
        Assert.That(string.Join(' ', domain.Sources.OfType<TcpSource>().Select(source => source.Network)), Is.EqualTo("169.254.0.17/32 10.1.0.0/16 fd00::/8"));
        Assert.That(domain.Sources.OfType<VsockSource>().Single().Cid, Is.EqualTo(7));
        Assert.That(domain.Sockets.Single(), Is.EqualTo(new UnixListenAddress(UnixAddressKind.Path, "/etc/bus/nfs.sock") { Domain = "nfs-1" }));
        Assert.That(domain.Limits, Is.EqualTo(new DomainLimits { MaxNames = 3, MaxBytes = 100 }));
    }

    [Test]
    public void Listeners_are_bound_to_a_domain_or_trust_addresses()
    {
        BusConfiguration read = Read(
            "<listen domain=\"a\">unix:path=/a</listen><listen identity=\"address\">tcp:port=7</listen><domain name=\"a\"><source unix=\"/b\"/></domain>");

        Assert.That(
            read.Addresses.Select(address => (address.ToString(), address.Domain, address.TrustsAddresses)),
            Is.EqualTo(new (string, string?, bool)[]
            {
                ("unix:path=/x", null, false), ("unix:path=/a", "a", false), ("tcp:host=localhost,port=7", null, true), ("unix:path=/b", "a", false),
            }));
    }

    [Test]
    public void Who_may_connect_to_the_socket_of_a_domain_is_said_with_it()
    {
        BusConfiguration read = Read(
            "<listen domain=\"a\" mode=\"0666\">unix:path=/a</listen><domain name=\"a\"><source unix=\"/b\" mode=\"660\"/><source unix=\"/c\"/></domain>");

        Assert.That(
            read.Addresses.OfType<UnixListenAddress>().Select(address => (int?)address.Mode), Is.EqualTo(new int?[] { null, 0x1b6, 0x1b0, null }));
    }

    [TestCase("<listen mode=\"0666\">unix:path=/a</listen>", "mode is for sockets of domains")]
    [TestCase("<domain name=\"a\"><source tcp=\"10.0.0.1\" mode=\"0660\"/></domain>", "mode is for unix")]
    [TestCase("<domain name=\"a\"><source unix=\"/a\" mode=\"0668\"/></domain>", "mode is \"0668\"")]
    [TestCase("<domain name=\"a\"><source unix=\"/a\" mode=\"0\"/></domain>", "mode is \"0\"")]
    [TestCase("<domain name=\"a\"><source unix=\"/a\" mode=\"1777\"/></domain>", "mode is \"1777\"")]
    public void What_is_no_mode_or_has_none_is_an_error(string text, string error)
    {
        Assert.That(TryRead(text, out _, out ConfigProblem? problem), Is.False);
        Assert.That(problem!.Message, Does.Contain(error));
    }

    [Test]
    public void A_domain_element_alone_is_read_as_in_a_file_and_its_warnings_are_mistakes()
    {
        BusConfigReader reader = new(_files, new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);
        Assert.That(reader.TryReadDomain("<domain name=\"a\"><source unix=\"a.sock\"/></domain>"u8.ToArray(), File, out DomainDeclaration? domain, out _), Is.True);
        Assert.That(domain!.Sockets.Single().Value, Is.EqualTo("/etc/bus/a.sock"));
        Assert.That(reader.TryReadDomain("<domain name=\"a\" token-file=\"none\"/>"u8.ToArray(), File, out _, out ConfigProblem? problem), Is.False);
        Assert.That(problem!.Message, Does.Contain("has no secret"));
    }

    [TestCase("169.254.0.17", "169.254.0.17", true)]
    [TestCase("169.254.0.17", "::ffff:169.254.0.17", true)]
    [TestCase("::ffff:169.254.0.17", "169.254.0.17", true)]
    [TestCase("169.254.0.17", "169.254.0.18", false)]
    [TestCase("10.1.0.0/16", "10.1.255.255", true)]
    [TestCase("10.1.0.0/16", "10.2.0.0", false)]
    [TestCase("0.0.0.0/0", "::1", false)]
    [TestCase("fd00::/8", "fdff::1", true)]
    public void A_source_is_an_address_or_a_prefix(string source, string address, bool isIt)
    {
        DomainDeclaration domain = Read($"<domain name=\"a\"><source tcp=\"{source}\"/></domain>").Domains.Single();

        Assert.That(domain.HasSource(PeerAddress.OfTcp(System.Net.IPAddress.Parse(address))), Is.EqualTo(isIt));
    }

    [Test]
    public void A_context_id_is_no_address_and_an_address_no_context_id()
    {
        DomainDeclaration domain = Read("<domain name=\"a\"><source vsock-cid=\"7\"/><source unix=\"/a\"/></domain>").Domains.Single();

        Assert.That(domain.HasSource(new VsockPeerAddress(7)), Is.True);
        Assert.That(domain.HasSource(new VsockPeerAddress(8)), Is.False);
        Assert.That(domain.HasSource(PeerAddress.OfTcp(System.Net.IPAddress.Parse("0.0.0.7"))), Is.False);
        Assert.That(domain.HasSource(PeerAddress.Unix), Is.False);
    }

    [TestCase("<domain/>", "3:1: <domain> has no name; expected <domain name=\"...\">")]
    [TestCase("<domain name=''/>", "3:9: name has \"\"; expected letters, digits, '.', '_' and '-', at most 63, the first a letter or digit")]
    [TestCase("<domain name='@dom0'/>", "3:9: name has \"@dom0\"; expected letters, digits, '.', '_' and '-', at most 63, the first a letter or digit")]
    [TestCase("<domain name='a' type='*'/>", "3:18: type has \"*\"; expected letters, digits, '.', '_' and '-', at most 63, the first a letter or digit")]
    [TestCase("<domain name='a' uuid='{0}'/>", "3:18: uuid is \"{0}\"; expected the form 01234567-89ab-cdef-0123-456789abcdef")]
    [TestCase("<domain name='a' grace='0'/>", "3:18: grace is \"0\"; expected seconds, from 1 to 86400")]
    [TestCase("<domain name='a' id='1'/>", "3:18: attribute \"id\" is not known on <domain>; expected name, uuid, type, tags, grace, token-file, address")]
    [TestCase("<domain name='a'>x</domain>", "3:1: text is not allowed in <domain>")]
    [TestCase("<domain name='a'><allow/></domain>", "3:18: element <allow> is not known in <domain>; expected <source> or <limit>")]
    [TestCase("<domain name='a'><source/></domain>", "3:18: <source> needs exactly one of tcp, vsock-cid, unix")]
    [TestCase("<domain name='a'><source tcp='::1' vsock-cid='3'/></domain>", "3:18: <source> needs exactly one of tcp, vsock-cid, unix")]
    [TestCase("<domain name='a'><source vsock-cid='2'/></domain>", "3:26: vsock-cid is \"2\"; expected the context id of a guest: a number from 3 on")]
    [TestCase("<domain name='a'><source tcp='7'/></domain>", "3:26: tcp is \"7\"; expected an address or a prefix as 10.1.0.0/16 whose other bits are zero")]
    [TestCase("<domain name='a'><source tcp='10.1.2.3/16'/></domain>", "3:26: tcp is \"10.1.2.3/16\"; expected an address or a prefix as 10.1.0.0/16 whose other bits are zero")]
    [TestCase("<domain name='a'><limit name='max_all'>1</limit></domain>", "3:25: there is no limit \"max_all\" of domains; expected one of max_connections, max_names, max_match_rules, max_bytes, max_replies, max_held_messages, max_messages_per_second")]
    [TestCase("<domain name='a'><limit name='max_names'>-1</limit></domain>", "3:18: limit max_names is \"-1\"; expected a number from 0 to 2147483647")]
    [TestCase("<domain name='a'/><domain name='a'/>", "3:19: domain a has the name a of domain a (/etc/bus/main.conf:3)")]
    [TestCase("<domain name='a'><source vsock-cid='9'/></domain><domain name='b'><source vsock-cid='9'/></domain>", "3:50: domain b has the context id 9 of domain a (/etc/bus/main.conf:3)")]
    [TestCase("<domain name='a'><source tcp='10.0.0.0/8'/></domain><domain name='b'><source tcp='10.1.1.1'/></domain>", "3:53: domain b has addresses of 10.1.1.1/32 of domain a (/etc/bus/main.conf:3)")]
    [TestCase("<domain name='a'><source unix='/s'/></domain><domain name='b'><source unix='/s'/></domain>", "3:46: domain b has the socket unix:path=/s of domain a (/etc/bus/main.conf:3)")]
    [TestCase("<domain name='a' address='tcp:host=h'/>", "3:18: address: 'tcp:host=h': a domain cannot connect to this: 'port' must be given")]
    [TestCase("<xenstore address='pigeon:'/>", "3:11: address: 'pigeon:': unknown transport 'pigeon' (known: unix, tcp, nonce-tcp, vsock, systemd)")]
    [TestCase("<xenstore address='vsock:port=5'/>", "3:11: address: 'vsock:port=5': a domain cannot connect to this: 'cid' must say which machine to connect to; 2 is the host")]
    [TestCase("<xenstore address='tcp:host=a,port=1;tcp:host=b,port=1'/>", "3:11: address: expected one address")]
    [TestCase("<xenstore path='/x'/>", "3:11: attribute \"path\" is not known on <xenstore>; expected address")]
    [TestCase("<xenstore>x</xenstore>", "3:1: text is not allowed in <xenstore>")]
    [TestCase("<listen domain='b'>unix:path=/a</listen>", "3:1: there is no domain \"b\"; expected <domain name=\"b\"> in <busconfig>")]
    [TestCase("<listen identity='me'>tcp:port=1</listen>", "3:9: identity is \"me\"; expected address")]
    [TestCase("<listen identity='address'>unix:path=/a</listen>", "3:1: identity=\"address\" is for tcp: addresses: no other transport has addresses that could be forged")]
    [TestCase("<domain name='a'/><listen identity='address' domain='a'>tcp:port=1</listen>", "3:27: identity cannot be combined with domain: whoever connects there is that domain already")]
    [TestCase("<policy domain='@tag:'/>", "3:9: domain is \"@tag:\"; expected *, a name, uuid:U, @type:T, @tag:T, @dom0 or @unknown")]
    [TestCase("<policy domain='a' user='0'/>", "3:1: <policy> needs exactly one of context, user, group, at_console and domain; user and domain are there")]
    [TestCase("<policy domain='*'><allow user='*'/></policy>", "3:20: user is not for a policy of one user, group or domain: who may connect is decided for all; expected context=\"default\" or \"mandatory\"")]
    [TestCase("<policy domain='*'><allow send_domain='@'/></policy>", "3:27: send_domain is \"@\"; expected *, a name, uuid:U, @type:T, @tag:T, @dom0 or @unknown")]
    [TestCase("<policy domain='*'><allow send_domain='*' send_broadcast='true'/></policy>", "3:43: a broadcast has no destination: with send_domain the rule cannot be about broadcasts")]
    [TestCase("<policy domain='*'><allow send_domain='*' receive_sender='a.b'/></policy>", "3:43: receive_sender cannot be combined with send_domain: a rule is about sending or about receiving")]
    public void What_is_wrong_is_told_with_its_place(string text, string expected)
    {
        Assert.That(TryRead(text, out _, out ConfigProblem? problem), Is.False);
        Assert.That(problem!.ToString(), Is.EqualTo($"{File}:{expected}"));
    }

    [Test]
    public void Domains_find_in_xenstore_the_common_address_or_their_own()
    {
        BusConfiguration read = Read("<xenstore address='tcp:host=10.0.0.1,port=5'/><domain name='a'/><domain name='b' address='vsock:cid=2,port=5'/>");

        Assert.That((read.Xenstore, string.Join(' ', read.Domains.Select(domain => domain.Address))), Is.EqualTo((new XenstorePublication("tcp:host=10.0.0.1,port=5"), " vsock:cid=2,port=5")));
        Assert.That(Read("<xenstore/>").Xenstore, Is.EqualTo(new XenstorePublication((string?)null)));
        Assert.That(Read("<domain name='a'/>").Xenstore, Is.Null);
    }

    [TestCase(0u, 0u, "xcp-broker", true)]
    [TestCase(0u, FakeUsers.XcpBroker, "xcp-broker", false)]
    [TestCase(0u, 0u, "root", false)]
    [TestCase(FakeUsers.XcpBroker, 0u, "xcp-broker", false)]
    public void A_secret_that_the_bus_can_read_at_its_start_only_is_a_warning(uint reader, uint owner, string user, bool isWarning)
    {
        _files.OwnUserId = reader;
        _files["/etc/bus/nfs.token"] = "00112233445566778899aabbccddeeff";
        _files.Modes["/etc/bus/nfs.token"] = (owner, Owners);
        BusConfiguration read = Read($"<domain name='a' token-file='nfs.token'/><user>{user}</user>");

        Assert.That(read.Domains.Single().Token.IsEmpty, Is.False);
        Assert.That(read.Warnings.Select(warning => warning.Message), Is.EqualTo(isWarning
            ? (string[])["domain a has no secret after a reload: /etc/bus/nfs.token: the token file is root's, and the bus is xcp-broker then (chown xcp-broker)"] : []));
    }

    [Test]
    public void A_secret_that_cannot_be_read_leaves_a_domain_without_one()
    {
        BusConfiguration read = Read("<domain name=\"a\" token-file=\"none\"/>");

        Assert.That(read.Domains.Single().Token.IsEmpty, Is.True);
        Assert.That(read.Warnings.Single().ToString(), Does.StartWith($"{File}:3:1: domain a has no secret: /etc/bus/none: "));
        Assert.That(read.Files, Does.Contain("/etc/bus/none"));
    }

    private const UnixFileMode Owners = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [TestCase(0u, Owners, null)]
    [TestCase(7u, Owners, null, Description = "who reads")]
    [TestCase(2u, Owners, null, Description = "the bus's user, who is named behind it")]
    [TestCase(7u, UnixFileMode.UserRead, null)]
    [TestCase(9u, Owners, "the token file has mode 0600 and belongs to uid 9, neither to root nor to uid 7 or 2")]
    [TestCase(0u, Owners | UnixFileMode.GroupRead, "the token file has mode 0640: it can be used by others than its owner (chmod 600)")]
    [TestCase(7u, Owners | UnixFileMode.OtherRead, "the token file has mode 0604: it can be used by others than its owner (chmod 600)")]
    [TestCase(7u, Owners | UnixFileMode.OtherWrite, "the token file has mode 0602: it can be used by others than its owner (chmod 600)")]
    [TestCase(9u, Owners | UnixFileMode.GroupWrite, "the token file has mode 0620: it can be used by others than its owner (chmod 600)")]
    public void A_secret_that_others_could_know_is_none(uint owner, UnixFileMode mode, string? problem)
    {
        _files["/etc/bus/nfs.token"] = "00112233445566778899aabbccddeeff";
        _files.Modes["/etc/bus/nfs.token"] = (owner, mode);
        BusConfiguration read = Read("<domain name='a' token-file='nfs.token'/><user>2</user>");

        Assert.That(read.Domains.Single().Token.IsEmpty, Is.EqualTo(problem is not null));
        Assert.That(
            read.Warnings.Select(warning => warning.ToString()),
            Is.EqualTo(problem is null ? Array.Empty<string>() : [$"{File}:3:1: domain a has no secret: /etc/bus/nfs.token: {problem}"]));
    }

    [Test]
    public void A_policy_for_a_domain_that_there_is_not_is_said() => Assert.That(
        Read("<policy domain=\"a\"><allow own=\"*\"/></policy>").Warnings.Single().ToString(),
        Is.EqualTo($"{File}:3:1: there is no domain \"a\" yet: until one is added, these rules are for nobody"));

    private BusConfiguration Read(string text)
    {
        Assert.That(TryRead(text, out BusConfiguration? configuration, out ConfigProblem? problem), Is.True, problem?.ToString());
        return configuration!;
    }

    private bool TryRead(string text, out BusConfiguration? configuration, out ConfigProblem? problem)
    {
        _files[File] = $"<busconfig>\n<type>xcp</type><listen>unix:path=/x</listen>\n{text}\n</busconfig>";
        return new BusConfigReader(_files, new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses) { Secrets = _files }.TryRead(File, out configuration, out problem);
    }
}
