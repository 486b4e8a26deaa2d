using XcpBroker.Activation;
using XcpBroker.Broker.Tests.Bus.Domains;
using XcpBroker.Buffering;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

/// <summary>Services that live in a domain, which a program of the configuration starts.</summary>
internal sealed class DomainMeansTests : ActivationFixture
{
    private const string Third = "org.example.Third";

    private static readonly BusConfiguration Configuration = DomainFixture.Read(
        "<policy domain='*'><allow own='*'/><allow receive_sender='*'/></policy>", "<domain name='storage'/><domain name='network'/>");

    [SetUp]
    public void A_bus_that_can_start_domains() => Start(options => options with
    {
        DomainStarter = new DomainStarter(["/bin/boot", "%d", "--for=%n", "100%%"]),
        Catalog = ServiceCatalog.Of(
            Describe(Service) with { Domain = "storage" }, Describe(Other) with { Domain = "storage" },
            Describe(Third) with { Domain = "network", Arguments = ["/bin/never"], SystemdUnit = "never.service" }),
    });

    [Test]
    public void Its_arguments_have_the_domain_and_the_name_in_them_and_the_service_need_not_be_its_child()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");

        Assert.That(Starter.Last.Command.Kind, Is.EqualTo(StartKind.Domain));
        Assert.That(Starter.Last.Command.Arguments, Is.EqualTo(["/bin/boot", "storage", $"--for={Service}", "100%"]));
        End(Starter.Last, 0);
        Assert.That(caller.Hear(), Is.Empty);
        FakePeer guest = Broker.ConnectFromDomain("storage");
        guest.Call("RequestName", Service, 0);
        Assert.That(guest.Hear()[1], Is.EqualTo($"call {call} Do()"));
    }

    [Test]
    public void One_run_is_for_all_names_of_a_domain_until_some_time_has_passed()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        caller.CallPeer(Other, "Do");
        caller.CallPeer(Third, "Do");
        Assert.That(Starter.Processes.ConvertAll(process => process.Command.Arguments[1]), Is.EqualTo(["storage", "network"]));
        End(Starter.Processes[0], 0);
        FakePeer guest = Broker.ConnectFromDomain("storage");
        guest.RequestName(Other);
        Broker.Pass(StartTimeout);
        Assert.That(caller.Hear(), Has.Count.EqualTo(2).And.All.EndsWith(" TimedOut"));
        guest.Close();

        Broker.Pass(DomainMeans.Interval);
        caller.CallPeer(Service, "Do");
        Assert.That(Starter.Processes, Has.Count.EqualTo(3));
    }

    [TestCase(3, 0, "ChildExited")]
    [TestCase(0, 9, "ChildSignaled")]
    public void All_that_wait_hear_of_a_failure_and_so_does_who_comes_too_early(int status, int signal, string error)
    {
        FakePeer caller = Broker.Connect();
        uint first = caller.CallPeer(Service, "Do");
        uint second = caller.CallPeer(Other, "Do");
        End(Starter.Last, status, signal);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {first} Spawn.{error}", $"error {second} Spawn.{error}"]));

        Broker.Pass(TimeSpan.FromSeconds(5));
        uint third = caller.CallPeer(Other, "Do");
        Assert.That(caller.Hear(), Is.EqualTo([$"error {third} Spawn.{error}"]));
        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
        Broker.Pass(DomainMeans.Interval);
        caller.CallPeer(Service, "Do");
        Assert.That(Starter.Processes, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_program_that_cannot_be_run_is_a_failure_at_once()
    {
        Starter.Refusal = Protocol.DBusError.NotSupported("no");
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} NotSupported"]));
    }

    [Test]
    public void A_run_that_hangs_is_ended_although_its_service_is_there()
    {
        Broker.Connect().CallPeer(Service, "Do");
        Broker.ConnectFromDomain("storage").RequestName(Service);
        Broker.Pass(StartTimeout);

        Assert.That(Starter.Last.IsKilled, Is.True);
    }

    [TestCase("storage", 0)]
    [TestCase("network", 1)]
    public void A_domain_that_has_peers_here_is_not_started(string present, int starts)
    {
        DomainMeans means = new(
            Starter, new ActivationEnvironment([], null), new DomainStarter(["/bin/boot"]), new Presence(present), Broker.Loop, new ActivationLimits(Broker.Bus.Limits), Broker.Log);
        means.Begin(new PendingStart(Service, Broker.Bus.Activation, new HeldTotals()) { Descriptor = Describe(Service) with { Domain = "storage" } });

        Assert.That(Starter.Processes, Has.Count.EqualTo(starts));
        means.Shutdown();
    }

    [Test]
    public void Without_a_program_the_bus_waits_for_the_name_and_does_not_list_it()
    {
        Start(options => options with { Catalog = ServiceCatalog.Of(Describe(Service) with { Domain = "storage", Arguments = ["/bin/a"] }) });
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");

        Assert.That(Starter.Processes, Is.Empty);
        Assert.That(MessageStory.Tell(Broker.Connect().AskWell("ListActivatableNames")), Does.Not.Contain(Service));
        FakePeer guest = Broker.ConnectFromDomain("storage");
        guest.Call("RequestName", Service, 0);
        Assert.That(guest.Hear()[1], Is.EqualTo($"call {call} Do()"));
    }

    private void Start(Func<ActivationOptions, ActivationOptions> options) =>
        Begin(options: options, policy: Configuration.Policy, domains: Configuration.Domains);

    private sealed class Presence(string present) : IDomainPresence
    {
        public bool IsConnected(string domain) => domain == present;
    }
}
