using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Domains;

/// <summary>Sockets of domains come and go with a reload and with AddDomain, also when the bus has given up root.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DomainSocketTests : IDisposable
{
    private const string User = "daemon";

    private readonly Shell _shell = new();

    // Others have to come through it to the sockets.
    public DomainSocketTests() => File.SetUnixFileMode(_shell.Directory, (UnixFileMode)0x1ed); // 0755

    public void Dispose() => _shell.Dispose();

    [TestCase("")]
    [TestCase($"<user>{User}</user>")]
    public void They_are_made_and_removed_and_made_again(string user)
    {
        Assume.That(user.Length == 0 || Environment.IsPrivilegedProcess, "only root can become another user");
        Process broker = Start(user, Domain("a"));
        Assert.That(DomainAt("dom/a"), Is.EqualTo("a"));
        Process peer = Stay("dom/a");
        Configure(user, Domain("b"));
        Reload();
        Assert.That(peer.WaitForExit(TimeSpan.FromSeconds(20)), Is.True, "a domain that is gone is cut off");
        Assert.That(File.Exists(_shell.In("dom/a")), Is.False);
        Assert.That(DomainAt("dom/b"), Is.EqualTo("b"));
        Configure(user, Domain("a") + Domain("b"));
        Reload();
        Assert.That(DomainAt("dom/a"), Is.EqualTo("a"));
        Assert.That(File.ReadAllText(_shell.In("log")), Does.Not.Contain("cannot listen"));

        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(Directory.GetFiles(_shell.In("dom")), Is.Empty);
    }

    [TestCase("")]
    [TestCase($"<user>{User}</user>")]
    public void A_domain_is_added_to_a_bus_that_had_none_and_removed(string user)
    {
        Assume.That(user.Length == 0 || Environment.IsPrivilegedProcess, "only root can become another user");
        Start(user, "");
        ShellResult added = Call("AddDomain", $"s '{Domain("a")}'");
        Assert.That(added.Error, Is.Empty);
        Assert.That(DomainAt("dom/a"), Is.EqualTo("a"));
        Process peer = Stay("dom/a");
        Assert.That(Call("ListDomains", "").Output, Does.StartWith("a(sssbu) 1 \"a\" \"\" \"\" true 1"));
        Assert.That(Call("RemoveDomain", "s a").Error, Is.Empty);

        Assert.That(peer.WaitForExit(TimeSpan.FromSeconds(20)), Is.True);
        Assert.That(File.Exists(_shell.In("dom/a")), Is.False);
        Assert.That(Call("RemoveDomain", "s a").Error, Does.Contain("There is no domain"));
    }

    // Firecracker and cloud-hypervisor have a socket for the machine and connect what a guest sends to port N of the host to its path, "_" and N.
    [Test]
    public void The_socket_of_a_hybrid_vsocks_port_is_its_machines()
    {
        Start("", "<domain name=\"vm-1\"><source unix=\"vm-1.vsock_5555\"/></domain>");

        Assert.That(DomainAt("vm-1.vsock_5555"), Is.EqualTo("vm-1"));
    }

    // Whoever can connect is the domain: that must not be everybody of this host.
    [TestCase("", "600")]
    [TestCase(" mode='0660'", "660")]
    public void Only_their_owner_may_connect_unless_the_configuration_says_so(string mode, string expected)
    {
        Start("", $"<domain name='a'><source unix='dom/a'{mode}/></domain>");

        Assert.That(_shell.Run("stat -c %a dom/a; stat -c %a bus").Output, Is.EqualTo($"{expected}\n666\n"));
    }

    [Test]
    public void A_path_that_another_file_has_is_an_error_to_who_adds_the_domain()
    {
        Start("", "");
        _shell.Run("mkdir -p dom; echo mine >dom/a");

        Assert.That(Call("AddDomain", $"s '{Domain("a")}'").Error, Does.Contain("there is a file of that name that is not a socket"));
        Assert.That(File.ReadAllText(_shell.In("dom/a")), Is.EqualTo("mine\n"));
        Assert.That(Call("ListDomains", "").Output, Does.StartWith("a(sssbu) 0"));
    }

    private static string Domain(string name) => $"<domain name=\"{name}\"><source unix=\"dom/{name}\"/></domain>";

    private Process Start(string user, string domains)
    {
        Configure(user, domains);
        Process broker = _shell.Start("exec $B --print-address --config-file=bus.conf 2>log");
        _ = Shell.ReadLine(broker.StandardOutput);
        return broker;
    }

    private void Configure(string user, string domains) => File.WriteAllText(_shell.In("bus.conf"), $"""
        <busconfig>
          <type>xcp</type>{user}<listen>unix:path={_shell.In("bus")}</listen>
          {domains}
          <policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
          <policy domain="*"><allow send_destination="org.freedesktop.DBus"/><allow receive_sender="org.freedesktop.DBus"/></policy>
        </busconfig>
        """);

    private void Reload() => Assert.That(
        _shell.Run("exec busctl --address=unix:path=$D/bus call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig").Error, Is.Empty);

    private ShellResult Call(string method, string arguments) => _shell.Run(
        $"exec busctl --address=unix:path=$D/bus call org.freedesktop.DBus /org/xen/xcp/broker org.xen.xcp.Broker1 {method} {arguments}");

    /// <summary>A peer that has authenticated and stays until it is cut off.</summary>
    private Process Stay(string socket)
    {
        Process peer = _shell.Start($"""
            exec /usr/bin/python3 -uc "
            import socket
            peer = socket.socket(socket.AF_UNIX)
            peer.connect('{_shell.In(socket)}')
            peer.sendall(b'\\0AUTH EXTERNAL 30\\r\\n')
            print(peer.recv(100)[:2])
            while peer.recv(100):
                pass
            "
            """);
        Assert.That(Shell.ReadLine(peer.StandardOutput), Is.EqualTo("b'OK'"));
        return peer;
    }

    /// <summary>Which domain a stock client is in, by what the bus says of it.</summary>
    private string DomainAt(string socket)
    {
        ShellResult result = _shell.Run($"""
            exec /usr/bin/python3 -c "
            import dbus, dbus.bus
            bus = dbus.bus.BusConnection('unix:path={_shell.In(socket)}')
            own = bus.call_blocking('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetConnectionCredentials', 's', (bus.get_unique_name(),))
            print(own['org.xen.xcp.DomainName'], 'UnixUserID' in own)
            "
            """);
        return result.Output.EndsWith(" False\n", StringComparison.Ordinal) ? result.Output[..^" False\n".Length] : $"{result.Output}{result.Error}";
    }
}
