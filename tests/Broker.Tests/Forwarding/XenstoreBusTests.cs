using System.Text;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Forwarding;
using XcpBroker.Peers.Xenstore;
using XcpBroker.Startup;
using XcpBroker.Testing;
using XcpBroker.Transport;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Forwarding;

/// <summary>What a domain finds in xenstore, and what else was said counts before it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class XenstoreBusTests
{
    private const string Secret = "00112233445566778899aabbccddeeff";
    private const string Guid = "0123456789abcdef0123456789abcdef";
    private const string Tcp = "tcp:host=169.254.0.1,port=5555";

    private readonly FakeXenstore _store = new();
    private uint _domid = 5;
    private bool _isThere = true;

    [SetUp]
    public void Introduce() => _store.Introduce(5, "0123abcd-89ab-cdef-0123-456789abcdef", "nfs-1");

    [Test]
    public void Address_GUID_and_token_are_what_the_domain_was_told()
    {
        Tell(Tcp, Guid, $"nfs-1 {Secret}");
        BusChoice choice = Finder().Find(TimeSpan.Zero);

        Assert.That((choice.Address.ToString(), choice.Address.Guid, choice.Source), Is.EqualTo(($"{Tcp},guid={Guid}", Guid, "xenstore, xcp-bus/address")));
        Assert.That(Proof(choice), Is.EqualTo("XCP_TOKEN nfs-1"));
    }

    [Test]
    public void It_is_looked_up_each_time()
    {
        Tell(Tcp, null, $"nfs-1 {Secret}");
        BusFinder finder = Finder();
        Assert.That(finder.Find(TimeSpan.Zero).Address.ToString(), Is.EqualTo(Tcp));
        Tell("vsock:cid=2,port=7", null, $"nfs-2 {Secret}");

        BusChoice choice = finder.Find(TimeSpan.Zero);
        Assert.That((choice.Address.ToString(), Proof(choice), finder.IsFixed), Is.EqualTo(("vsock:cid=2,port=7", "XCP_TOKEN nfs-2", false)));
    }

    [Test]
    public void All_is_of_one_time()
    {
        Tell(Tcp, Guid, $"nfs-1 {Secret}");
        bool isChanged = false;
        _store.Before = (type, path) =>
        {
            if (!isChanged && path.StartsWith("xcp-bus/guid", StringComparison.Ordinal))
            {
                isChanged = true;
                Tell(Tcp, "ffffffffffffffffffffffffffffffff", $"nfs-2 {Secret}");
            }
        };

        BusChoice choice = Finder().Find(TimeSpan.Zero);
        Assert.That((choice.Address.Guid, Proof(choice)), Is.EqualTo((Guid, "XCP_TOKEN nfs-1")));
    }

    [Test]
    public void An_address_that_appears_is_waited_for()
    {
        bool hasLooked = false;
        _store.Before = (type, path) =>
        {
            if (path.StartsWith("xcp-bus/token", StringComparison.Ordinal) && !hasLooked)
            {
                hasLooked = true;
                _store.Before = null;
                Tell(Tcp, null, $"nfs-1 {Secret}");
            }
        };

        Assert.That(Finder().Find(TimeSpan.FromSeconds(10)).Address.ToString(), Is.EqualTo(Tcp));
        Assert.That(hasLooked, Is.True);
    }

    [Test]
    public void One_that_does_not_is_an_error() =>
        Assert.That(() => Finder().Find(TimeSpan.Zero), Throws.TypeOf<StartException>().With.Message.StartsWith("xenstore has no xcp-bus/address for this domain"));

    [Test]
    public void An_address_that_was_said_counts_and_the_token_is_xenstores()
    {
        Tell(Tcp, Guid, $"nfs-1 {Secret}");
        BusFinder finder = Finder(new LocatedBus("tcp:host=other,port=1", "option --to"));
        BusChoice choice = finder.Find(TimeSpan.Zero);

        Assert.That((choice.Address.ToString(), Proof(choice), finder.IsFixed), Is.EqualTo(("tcp:host=other,port=1", "XCP_TOKEN nfs-1", false)));
    }

    [Test]
    public void So_does_a_token_that_was_said()
    {
        Tell(Tcp, Guid, $"nfs-1 {Secret}");
        DomainToken token = new("nfs-9", Encoding.ASCII.GetBytes(Secret));

        Assert.That(Proof(new BusFinder(null, token, null, Bus(), Transports.Known).Find(TimeSpan.Zero)), Is.EqualTo("XCP_TOKEN nfs-9"));
        Assert.That(Proof(Finder(new LocatedBus(Tcp, "/etc/xcp-bus/address") { Token = token }).Find(TimeSpan.Zero)), Is.EqualTo("XCP_TOKEN nfs-9"));
        Assert.That(Proof(new BusFinder(null, null, "nfs-8", Bus(), Transports.Known).Find(TimeSpan.Zero)), Is.EqualTo("XCP_TOKEN nfs-8"));
    }

    [Test]
    public void A_Unix_socket_needs_no_token()
    {
        Tell("unix:path=/run/proxy", null, $"nfs-1 {Secret}");

        Assert.That(Proof(Finder().Find(TimeSpan.Zero)), Does.StartWith("EXTERNAL"));
        BusFinder said = Finder(new LocatedBus("unix:path=/run/xcp-bus/bus", "option --address"));
        Assert.That((Proof(said.Find(TimeSpan.Zero))[..8], said.IsFixed), Is.EqualTo(("EXTERNAL", true)));
    }

    [TestCase("nfs-1 short", "xenstore, xcp-bus/token: its secret has 5 characters")]
    [TestCase(Secret, "does not name the domain")]
    public void A_token_that_is_none_is_an_error_without_its_text(string token, string expected)
    {
        Tell(Tcp, null, token);

        Assert.That(() => Finder().Find(TimeSpan.Zero), Throws.TypeOf<StartException>().With.Message.Contains(expected).And.Message.Not.Contains(Secret));
    }

    [Test]
    public void An_address_that_is_none_is_an_error_too()
    {
        Tell("pigeon:", null, $"nfs-1 {Secret}");

        Assert.That(() => Finder().Find(TimeSpan.Zero), Throws.TypeOf<StartException>().With.Message.StartsWith("xenstore, xcp-bus/address: 'pigeon:': unknown transport"));
    }

    [Test]
    public void What_the_domain_may_not_read_is_not_there()
    {
        _store.Write("/local/domain/5/xcp-bus", "", "n0");
        _store.Write("/local/domain/5/xcp-bus/address", Tcp, "n0");

        Assert.That(() => Finder().Find(TimeSpan.Zero), Throws.TypeOf<StartException>().With.Message.EqualTo("xenstore: EACCES"));
    }

    [Test]
    public void In_dom0_and_without_xenstore_nobody_is_told_anything()
    {
        Assert.That(Bus().Problem(), Is.Null);
        _store.Write("/local/domain/0/domid", "0");
        _domid = 0;
        Assert.That(Bus().Problem(), Is.EqualTo("this is dom0, which is told nothing"));
        _isThere = false;
        Assert.That(Bus().Problem(), Is.EqualTo("it is not there"));
        Assert.That(() => Finder().Find(TimeSpan.Zero), Throws.TypeOf<StartException>().With.Message.EqualTo("it is not there"));
    }

    private XenstoreBus Bus() => new((out string? problem) =>
    {
        problem = _isThere ? null : "it is not there";
        return _isThere ? new XenstoreClient(new FakeXenstoreChannel(_store, _domid), TimeProvider.System) : null;
    });

    private BusFinder Finder(LocatedBus? located = null) => new(located, null, null, Bus(), Transports.Known);

    private void Tell(string address, string? guid, string token)
    {
        _store.Write("/local/domain/5/xcp-bus/address", address);
        _store.Remove("/local/domain/5/xcp-bus/guid");
        if (guid is not null)
        {
            _store.Write("/local/domain/5/xcp-bus/guid", guid);
        }

        _store.Write("/local/domain/5/xcp-bus/token", token);
    }

    private static string Proof(BusChoice choice) => $"{choice.NewMechanism().Name} {Encoding.ASCII.GetString(choice.NewMechanism().InitialResponse)}";
}
