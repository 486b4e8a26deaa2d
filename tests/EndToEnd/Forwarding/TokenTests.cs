using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Forwarding;

/// <summary>A domain that proves itself by XCP_TOKEN over TCP: the doctor, and stock clients behind the forwarder.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TokenTests : IDisposable
{
    private const string Bus = "org.freedesktop.DBus";
    private const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private readonly Shell _shell = new();
    private Process? _broker;

    public void Dispose() => _shell.Dispose();

    private string Forwarded => $"unix:path={_shell.Directory}/forward";

    [Test]
    public void Stock_clients_behind_the_forwarder_are_the_domain_and_no_user()
    {
        _ = StartForwarder(StartBus());

        Assert.That(_shell.BusId(Forwarded), Has.Length.EqualTo(32));
        ShellResult busctl = _shell.Run($"exec busctl --address='{Forwarded}' list --no-legend");
        Assert.That(busctl.Output, Does.Contain(Bus), busctl.Error);
        ShellResult gdbus = _shell.Run($"exec gdbus call --address '{Forwarded}' --dest {Bus} --object-path / --method {Bus}.RequestName org.example.Storage 0");
        Assert.That(gdbus.Output, Is.EqualTo("(uint32 1,)\n"), gdbus.Error);
        ShellResult python = _shell.Run($"""
            exec /usr/bin/python3 -c "
            import dbus, dbus.bus
            bus = dbus.bus.BusConnection('{Forwarded}')
            own = bus.call_blocking('{Bus}', '/org/freedesktop/DBus', '{Bus}', 'GetConnectionCredentials', 's', (bus.get_unique_name(),))
            print(own['org.xen.xcp.DomainName'], 'UnixUserID' in own)
            try:
                bus.get_unix_user(bus.get_unique_name())
            except dbus.DBusException as e:
                print(e.get_dbus_name())
            try:
                bus.request_name('org.example.Other')
            except dbus.DBusException as e:
                print(e.get_dbus_name())
            "
            """);
        Assert.That(
            python.Output,
            Is.EqualTo("nfs-1 False\norg.freedesktop.DBus.Error.Failed\norg.freedesktop.DBus.Error.AccessDenied\n"), python.Error);
    }

    [Test]
    public void The_doctor_says_which_domain_it_is()
    {
        string address = StartBus();
        ShellResult doctor = _shell.Run($"exec $B doctor --address='{address}' --token-file=token");

        Assert.That(doctor.ExitCode, Is.Zero, doctor.ToString);
        Assert.That(doctor.Output, Does.Contain("authenticate  accepted by XCP_TOKEN").And.Contain("org.xen.xcp.DomainName=nfs-1"));
    }

    [TestCase("nfs-1 ffffffffffffffffffffffffffffffffffffffff", Description = "another secret")]
    [TestCase($"nfs-2 {Secret}", Description = "another domain, which there is not")]
    public void Another_token_is_rejected_and_the_log_says_so_without_it(string token)
    {
        string address = StartBus();
        File.WriteAllText(_shell.In("other"), token);
        ShellResult doctor = _shell.Run($"chmod 600 other; exec $B doctor --address='{address}' --token-file=other");

        Assert.That(doctor.ExitCode, Is.EqualTo(1), doctor.ToString);
        Assert.That(doctor.Error, Does.Contain("the bus rejects XCP_TOKEN").And.Contain("the secret is another one"));

        _shell.AwaitText("log", "a wrong proof of");
        Assert.That(Shell.Signal(_broker!, "TERM"), Is.Zero);
        Assert.That(File.ReadAllText(_shell.In("log")), Does.Not.Contain(Secret));
    }

    [TestCase("chmod 640 token", "mode 0640: it can be used by others than its owner (chmod 600)")]
    [TestCase("chown 12345 token", "mode 0600 and belongs to uid 12345, neither to root nor to uid 0")]
    public void A_token_file_that_is_not_the_buss_alone_proves_nothing_and_the_log_says_which(string change, string expected)
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root gives files away");
        string address = StartBus(change);
        _ = _shell.Run("chmod 600 token; chown 0 token");
        ShellResult doctor = _shell.Run($"exec $B doctor --address='{address}' --token-file=token");

        Assert.That(doctor.Error, Does.Contain("the bus rejects XCP_TOKEN"), doctor.ToString);
        _shell.AwaitText("log", $"domain nfs-1 has no secret: {_shell.Directory}/token: the token file has {expected}");
    }

    /// <summary>While they are there, with what two hundred proofs took on their way, and at rest, when the next quiet second has given that back.</summary>
    [Test]
    public void Two_hundred_clients_with_tokens_over_TCP_are_within_12_MB_at_once_and_at_rest()
    {
        Process forwarder = StartForwarder(StartBus());
        File.WriteAllText(_shell.In("clients.py"), ForwarderTests.Talk + $"""
            import time
            def resident():
                return [int(line.split()[1]) for line in open('/proc/{forwarder.Id}/status') if line.startswith('VmRSS')][0]
            clients = [hello('forward') for _ in range(200)]
            peak = resident()
            end = time.monotonic() + 20
            while resident() >= peak - 512 and time.monotonic() < end: time.sleep(0.1)
            print(peak, resident())
            """);
        ShellResult memory = _shell.Run("exec /usr/bin/python3 clients.py");

        TestContext.Out.WriteLine($"VmRSS with 200 clients, at once and at rest: {memory.Output.Trim()} KiB");
        Assert.That(memory.Output, Is.Not.Empty, memory.Error);
        int[] resident = [.. memory.Output.Split(' ').Select(kibibytes => int.Parse(kibibytes, null) * 1024)];
        Assert.That(resident[0], Is.LessThan(12_000_000), "at once");
        Assert.That(resident[1], Is.LessThan(resident[0]), "at rest");
    }

    [Test]
    public void Without_a_token_it_is_told_what_the_bus_wants()
    {
        ShellResult doctor = _shell.Run($"exec $B doctor --address='{StartBus()}'");

        Assert.That(doctor.ExitCode, Is.EqualTo(1), doctor.ToString);
        Assert.That(doctor.Error, Does.Match("the bus rejects EXTERNAL; it offers .*XCP_TOKEN"));
    }

    private string StartBus(string change = "")
    {
        File.WriteAllText(_shell.In("token"), $"nfs-1 {Secret}\n");
        File.WriteAllText(_shell.In("bus.conf"), """
            <busconfig>
              <type>xcp</type>
              <listen>tcp:host=127.0.0.1</listen>
              <domain name="nfs-1" token-file="token"/>
              <policy domain="nfs-1">
                <allow own="org.example.Storage"/><allow send_destination="org.freedesktop.DBus"/><allow receive_sender="org.freedesktop.DBus"/>
              </policy>
            </busconfig>
            """);
        _ = _shell.Run($"chmod 600 token; {change}");
        _broker = _shell.Start("exec $B --print-address --config-file=bus.conf 2>log");
        return Shell.ReadLine(_broker.StandardOutput);
    }

    private Process StartForwarder(string address)
    {
        Process forwarder = _shell.Start($"exec $B forward --listen=unix:path=forward --to='{address}' --token-file=token 2>forward.log");
        _shell.AwaitListener("forward");
        return forwarder;
    }
}
