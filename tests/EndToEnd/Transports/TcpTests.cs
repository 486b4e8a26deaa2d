using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Transports;

/// <summary>Buses on TCP, with the clients of libdbus, GDBus, dbus-python and sd-bus. They prove who they are by the cookies below $HOME.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TcpTests : IDisposable
{
    private const string Bus = "org.freedesktop.DBus";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("tcp:host=127.0.0.1", "^tcp:host=127.0.0.1,port=[0-9]+,family=ipv4,guid=")]
    [TestCase("tcp:", "^tcp:host=localhost,port=[0-9]+,family=ipv[46],guid=")]
    [TestCase("tcp:host=%3a%3a1", "^tcp:host=%3a%3a1,port=[0-9]+,family=ipv6,guid=")]
    [TestCase("tcp:bind=*,host=127.0.0.1,family=ipv4", "^tcp:host=127.0.0.1,port=[0-9]+,family=ipv4,guid=")]
    [TestCase("nonce-tcp:host=127.0.0.1", "^nonce-tcp:host=127.0.0.1,port=[0-9]+,family=ipv4,noncefile=[^,]+,guid=")]
    public void The_printed_address_is_connectable_as_it_stands(string address, string pattern)
    {
        string printed = Start($"--address='{address}'");

        Assert.That(printed, Does.Match($"{pattern}[0-9a-f]{{32}}$"));
        Assert.That(BusId(printed), Has.Length.EqualTo(32));
    }

    [Test]
    public void Libdbus_and_GDBus_make_themselves_known_by_cookie()
    {
        string address = Start("--address=tcp:host=127.0.0.1");
        string user = _shell.Run("id -u").Output.Trim();

        ShellResult send = AtHome($"dbus-send --bus='{address}' --dest={Bus} --print-reply=literal / {Bus}.GetConnectionUnixUser string:org.xen.xcp.test || :");
        Assert.That(send.Error, Does.Contain("NameHasNoOwner"), "the bus itself answers");

        ShellResult gdbus = AtHome($"gdbus call --address '{address}' --dest {Bus} --object-path /org/freedesktop/DBus --method {Bus}.ListNames");
        Assert.That(gdbus.Output, Does.Contain(Bus), gdbus.Error);

        ShellResult python = AtHome($"""
            /usr/bin/python3 -c "
            import dbus, dbus.bus
            bus = dbus.bus.BusConnection('{address}')
            print(bus.get_unix_user(bus.get_unique_name()))
            try:
                bus.call_blocking('{Bus}', '/org/freedesktop/DBus', '{Bus}', 'GetConnectionUnixProcessID', 's', (bus.get_unique_name(),))
            except dbus.DBusException as e:
                print(e.get_dbus_name())
            "
            """);
        Assert.That(python.Output, Is.EqualTo($"{user}\norg.freedesktop.DBus.Error.UnixProcessIdUnknown\n"), python.Error);
    }

    [Test]
    public void Who_cannot_read_the_cookies_stays_outside()
    {
        string address = Start("--address=tcp:host=127.0.0.1");
        _ = Directory.CreateDirectory(_shell.In("elsewhere"));

        ShellResult send = _shell.Run($"HOME=$D/elsewhere exec dbus-send --bus='{address}' --dest={Bus} --print-reply / {Bus}.GetId");

        Assert.That((send.ExitCode, send.Output), Is.EqualTo((1, "")));
    }

    /// <remarks>sd-bus knows EXTERNAL alone, whose answer is worth nothing here. dbus-daemon lets it in without a user.</remarks>
    [Test]
    public void Sd_bus_cannot_say_who_it_is_and_stays_outside()
    {
        string address = Start("--address=tcp:host=127.0.0.1");

        ShellResult list = AtHome($"timeout 10 busctl --address='{address}' list || echo refused");

        Assert.That(list.Output, Is.EqualTo("refused\n"));
    }

    [Test]
    public void Where_nobody_is_welcome_dbus_send_and_GDBus_are_nobody()
    {
        string address = StartWithFile("tcp:host=127.0.0.1", "<auth>ANONYMOUS</auth><allow_anonymous/>");

        Assert.That(BusId(address), Has.Length.EqualTo(32));
        ShellResult python = AtHome($"""
            /usr/bin/python3 -c "
            import dbus, dbus.bus
            bus = dbus.bus.BusConnection('{address}')
            try:
                print(bus.get_unix_user(bus.get_unique_name()))
            except dbus.DBusException as e:
                print(e.get_dbus_name())
            "
            """);
        Assert.That(python.Output, Is.EqualTo("org.freedesktop.DBus.Error.Failed\n"), python.Error);
        ShellResult gdbus = AtHome($"gdbus call --address '{address}' --dest {Bus} --object-path / --method {Bus}.GetId");
        Assert.That(gdbus.ExitCode, Is.Zero, gdbus.Error);
    }

    // Without <auth> every mechanism is offered, as by dbus-daemon; a client without a home has no cookie.
    [TestCase("<auth>ANONYMOUS</auth>", false)]
    [TestCase("<allow_anonymous/>", true)]
    [TestCase("<auth>ANONYMOUS</auth><allow_anonymous/>", true)]
    [TestCase("<auth>EXTERNAL</auth><allow_anonymous/>", false)]
    public void It_takes_both_switches_to_be_nobody_as_with_dbus_daemon(string switches, bool isLetIn)
    {
        File.WriteAllText(_shell.In("bus.conf"), $"""
            <busconfig><listen>tcp:host=127.0.0.1</listen>{switches}
            <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
            """);
        foreach (string program in (string[])["dbus-daemon", "$B"])
        {
            Process broker = _shell.Start($"HOME=$D exec {program} --config-file=bus.conf --nofork --print-address 2>log");
            string address = Shell.ReadLine(broker.StandardOutput);

            Assert.That(_shell.BusId(address, "env HOME=$D/none").Length, Is.EqualTo(isLetIn ? 32 : 0), program);
        }
    }

    [Test]
    public void Without_allow_anonymous_nobody_gets_in()
    {
        string address = StartWithFile("tcp:host=127.0.0.1", "<auth>ANONYMOUS</auth>");

        Assert.That(BusId(address), Is.Empty);
    }

    [Test]
    public void On_a_Unix_socket_the_configured_mechanism_counts_too()
    {
        string address = StartWithFile("unix:path=bus", "<auth>DBUS_COOKIE_SHA1</auth>");
        string user = _shell.Run("id -u").Output.Trim();

        Assert.That(BusId(address), Has.Length.EqualTo(32));
        ShellResult python = AtHome($"""
            /usr/bin/python3 -c "
            import dbus, dbus.bus
            bus = dbus.bus.BusConnection('{address}')
            print(bus.get_unix_user(bus.get_unique_name()))
            "
            """);
        Assert.That(python.Output, Is.EqualTo($"{user}\n"), python.Error);
    }

    [Test]
    public void The_keyring_is_its_owners_alone()
    {
        Assert.That(BusId(Start("--address=tcp:host=127.0.0.1")), Has.Length.EqualTo(32));

        UnixFileMode ownersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.That(File.GetUnixFileMode(_shell.In(".dbus-keyrings")), Is.EqualTo(ownersAlone | UnixFileMode.UserExecute));
        Assert.That(File.GetUnixFileMode(_shell.In(".dbus-keyrings/org_freedesktop_general")), Is.EqualTo(ownersAlone));
    }

    [Test]
    public void A_nonce_file_is_its_owners_alone_and_gone_with_the_bus()
    {
        Process broker = _shell.Start("TMPDIR=$D exec $B --print-address --address=nonce-tcp:host=127.0.0.1");
        string file = Shell.ReadLine(broker.StandardOutput).Split("noncefile=")[1].Split(',')[0];

        Assert.That(file, Does.StartWith(_shell.Directory));
        Assert.That((File.ReadAllBytes(file).Length, File.GetUnixFileMode(file)), Is.EqualTo((16, UnixFileMode.UserRead | UnixFileMode.UserWrite)));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(Directory.Exists(Path.GetDirectoryName(file)), Is.False);
    }

    [Test]
    public void A_client_with_another_nonce_stays_outside()
    {
        string address = Start("--address=nonce-tcp:host=127.0.0.1");
        File.WriteAllBytes(_shell.In("nonce"), new byte[16]);
        string[] parts = address.Split("noncefile=");

        Assert.That(BusId($"{parts[0]}noncefile={_shell.Directory}/nonce"), Is.Empty);
        Assert.That(BusId(address), Has.Length.EqualTo(32));
    }

    [TestCase("tcp:host=host.invalid", "cannot find the host 'host.invalid'")]
    [TestCase("tcp:host=192.0.2.1", "cannot listen on 192.0.2.1:")]
    [TestCase("tcp:port=70000", "port '70000'")]
    public void What_cannot_be_listened_on_is_said(string address, string expected)
    {
        ShellResult result = _shell.Run($"RES_OPTIONS='timeout:1 attempts:1' exec timeout 20 $B --address='{address}'");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected));
    }

    private string Start(string arguments)
    {
        Process broker = _shell.Start($"HOME=$D exec $B --print-address {arguments}");
        return Shell.ReadLine(broker.StandardOutput);
    }

    private string StartWithFile(string address, string more)
    {
        File.WriteAllText(_shell.In("bus.conf"), $"""
            <busconfig>
              <listen>{address}</listen>
              {more}
              <policy context="default"><allow send_destination="*"/><allow own="*"/><allow receive_sender="*"/></policy>
            </busconfig>
            """);
        return Start("--config-file=bus.conf");
    }

    private string BusId(string address) => AtHome(
        $"timeout 20 dbus-send --bus='{address}' --dest={Bus} --print-reply=literal / {Bus}.GetId").Output.Trim();

    private ShellResult AtHome(string script) => _shell.Run($"export HOME=$D\n{script}");
}
