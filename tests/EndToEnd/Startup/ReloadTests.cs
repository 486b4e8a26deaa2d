using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>The configuration of a running bus: changed by ReloadConfig, by SIGHUP, and by those who write its files.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReloadTests : IDisposable
{
    private const string Open = "<policy context='default'><allow send_destination='*'/><allow receive_sender='*'/><allow own='*'/></policy>";
    private const string Closed = Open + "\n<policy context='default'><deny own='org.example.Name'/></policy>";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void ReloadConfig_answers_when_the_new_policy_is_in_force_and_names_are_kept()
    {
        (Process _, string address) = Start();
        using RawPeer owner = RawPeer.Connect(address);
        Assert.That(Request(owner, "org.example.Kept").ErrorName, Is.Null);
        Write(Closed.Replace("org.example.Name", "*", StringComparison.Ordinal));

        Assert.That(Call(address, "org.freedesktop.DBus.ReloadConfig").ExitCode, Is.Zero);

        Assert.That(Request(owner, "org.example.Name").ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.AccessDenied"));
        Assert.That(Call(address, "org.freedesktop.DBus.GetNameOwner string:org.example.Kept").Output, Does.Contain(owner.UniqueName));
    }

    [Test]
    public void A_wrong_file_is_refused_with_its_place_and_the_bus_goes_on_as_it_was()
    {
        (Process broker, string address) = Start();
        Write(Open + "\n<polcy/>");
        ShellResult answer = Call(address, "org.freedesktop.DBus.ReloadConfig");

        Assert.That(answer.Error, Does.Match($"{Regex.Escape(_shell.In("bus.conf"))}:2:1: .*polcy"));
        using RawPeer peer = RawPeer.Connect(address);
        Assert.That(Request(peer, "org.example.Name").ErrorName, Is.Null);
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(broker.StandardError.ReadToEnd(), Does.Contain("the configuration stays as it is: ").And.Contain("bus.conf:2:1: "));
    }

    [Test]
    public void SIGHUP_reloads_and_the_service_manager_is_told_of_beginning_and_end()
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        manager.Bind(new UnixDomainSocketEndPoint(_shell.In("notify")));
        (Process broker, string address) = Start("NOTIFY_SOCKET=$D/notify ");
        Assert.That(Receive(manager), Is.EqualTo("READY=1"));
        using RawPeer peer = RawPeer.Connect(address);
        Write(Closed);
        using Process kill = Process.Start("kill", ["-HUP", $"{broker.Id}"]);

        Assert.That(Receive(manager), Does.Match("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$"));
        Assert.That(Receive(manager), Is.EqualTo("READY=1"));
        Assert.That(Request(peer, "org.example.Name").ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.AccessDenied"));
    }

    [TestCase("printf '%s' \"$1\" > bus.conf", TestName = "A_file_that_is_written_anew_is_noticed")]
    [TestCase("printf '%s' \"$1\" > new && mv new bus.conf", TestName = "A_file_that_is_replaced_is_noticed")]
    [TestCase("mkdir conf.d && printf '%s' \"$2\" > conf.d/a.conf", TestName = "A_directory_that_comes_is_noticed_with_its_files")]
    public void A_change_is_noticed(string script)
    {
        (Process _, string address) = Start();
        using RawPeer peer = RawPeer.Connect(address);
        using RawPeer watcher = RawPeer.Connect(address);
        watcher.Call(RawPeer.Bus("AddMatch", "s"), body => body.WriteString("type='signal',member='ActivatableServicesChanged'"));
        ShellResult result = _shell.Run($"set -- \"{Document(Closed)}\" \"<busconfig>{Closed}</busconfig>\"; {script}");
        Assert.That(result.ExitCode, Is.Zero, result.Error);

        // A directory and its file may be two changes.
        string? error = null;
        while (error is null)
        {
            while (watcher.Receive().Member != "ActivatableServicesChanged")
            {
            }

            error = Request(peer, "org.example.Name").ErrorName;
        }

        Assert.That(error, Is.EqualTo("org.freedesktop.DBus.Error.AccessDenied"));
    }

    // XCP_TOKEN is what dbus-send does not know.
    [TestCase("<auth>ANONYMOUS</auth><allow_anonymous/>", "<auth>ANONYMOUS</auth>")]
    [TestCase("<auth>EXTERNAL</auth>", "<auth>XCP_TOKEN</auth>")]
    public void Who_connects_after_a_reload_authenticates_as_it_says_and_who_is_there_stays(string open, string closed)
    {
        (Process broker, string address) = Start(elements: open);
        Process watcher = _shell.Start($"HOME=$D exec dbus-monitor --address '{address}'");
        _ = Shell.ReadLine(watcher.StandardOutput);
        foreach ((string elements, int length) in ((string, int)[])[(closed, 0), (open, 32)])
        {
            Write(Open, elements);
            using Process kill = Process.Start("kill", ["-HUP", $"{broker.Id}"]);
            Assert.That(() => BusId(address).Length, Is.EqualTo(length).After(20).Seconds.PollEvery(50).MilliSeconds, elements);
        }

        while (!Shell.ReadLine(watcher.StandardOutput).Contains("member=NameOwnerChanged"))
        {
        }
    }

    [Test]
    public void The_bus_checks_a_text_and_explains_its_policy()
    {
        (Process _, string address) = Start();
        string call = $"busctl --address='{address}' call org.freedesktop.DBus /org/xen/xcp/broker org.xen.xcp.Broker1";

        Assert.That(_shell.Run($"{call} CheckConfig s '<busconfig><listen>unix:path=/x</listen></busconfig>'").Output, Is.EqualTo("basas true 0 0\n"));
        Assert.That(
            _shell.Run($"{call} CheckConfig s '<busconfig><user>no-such-user</user><listen>unix:path=/x</listen></busconfig>'").Output,
            Is.EqualTo("basas true 0 1 \"text: no bus can start as <user> says: there is no user no-such-user\"\n"));
        Assert.That(_shell.Run($"{call} CheckConfig s '<busconfig>\n <x/></busconfig>'").Output, Does.StartWith("basas false 1 \"text:2:2: "));
        Assert.That(
            _shell.Run($"{call} ExplainPolicy ssssss org.freedesktop.DBus org.freedesktop.DBus method_call / org.freedesktop.DBus GetId").Error, Does.Contain("org.freedesktop.DBus"));
        using RawPeer peer = RawPeer.Connect(address);
        Request(peer, "org.example.Name");
        Assert.That(
            _shell.Run($"{call} ExplainPolicy ssssss {peer.UniqueName} org.example.Name method_call / org.example.I M").Output,
            Does.StartWith($"ba(sbs) true 2 \"send\" true \"{_shell.In("bus.conf")}:1 <allow send_destination="));
        Assert.That(
            _shell.Run($"{call} ExplainOwn ss {peer.UniqueName} org.example.Name").Output, Does.StartWith($"bs true \"{_shell.In("bus.conf")}:1 <allow own="));
    }

    private static string Receive(Socket manager)
    {
        byte[] message = new byte[256];
        return Encoding.ASCII.GetString(message, 0, manager.Receive(message));
    }

    private static PeerMessage Request(RawPeer peer, string name) => peer.Call(RawPeer.Bus("RequestName", "su"), body =>
    {
        body.WriteString(name);
        body.WriteUInt32(0);
    });

    private static string Document(string policies, string elements = "") =>
        $"<busconfig>{elements}<listen>unix:tmpdir=/tmp</listen>{policies}<includedir>conf.d</includedir></busconfig>";

    private void Write(string policies, string elements = "") => File.WriteAllText(_shell.In("bus.conf"), Document(policies, elements));

    private string BusId(string address) => _shell.Run(
        $"HOME=$D exec dbus-send --bus='{address}' --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetId").Output.Trim();

    private ShellResult Call(string address, string method) =>
        _shell.Run($"exec dbus-send --bus='{address}' --print-reply --dest=org.freedesktop.DBus / {method}");

    private (Process Broker, string Address) Start(string environment = "", string elements = "")
    {
        Write(Open, elements);
        Process broker = _shell.Start($"{environment}exec $B --print-address --config-file=bus.conf --address=unix:dir=$D");
        return (broker, Shell.ReadLine(broker.StandardOutput));
    }
}
