using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Forwarding;

/// <summary><c>xcp-broker doctor</c>: what it says of a bus that is well, and of each that is not.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DoctorTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void Of_a_bus_that_is_well_each_step_and_who_one_is()
    {
        (_, string address) = _shell.StartBroker("--address=unix:path=bus");
        ShellResult doctor = _shell.Run($"exec $B doctor --address='{address}'");

        Assert.That(doctor.ExitCode, Is.Zero, doctor.Error);
        Assert.That(doctor.Output, Does.Match("""
            ^address       unix:path=.*/bus,guid=[0-9a-f]{32} \(option --address\)
            resolve       unix:path=.*/bus
            connect       the machine answers, and something listens there
            authenticate  accepted by EXTERNAL; the bus's address has the GUID [0-9a-f]{32}
            hello         the bus calls this connection :1\.\d+
            identity      .*UnixUserID=\d+.*
            ping          \d+\.\d\d ms there and back, the best of 5
            all is well
            $
            """.ReplaceLineEndings("\n").TrimEnd()));
    }

    [TestCase("unix:path=$D/nothing", "connect: unix:path=.*: cannot connect: No such file or directory \\(is the bus, or the forwarder, running\\?\\)")]
    [TestCase("tcp:host=127.0.0.1,port=1", "connect: tcp:.*: cannot connect: Connection refused \\(the machine is there, but nobody listens")]
    [TestCase("tcp:host=host.invalid,port=1", "resolve: tcp:.*: cannot find the host 'host.invalid'")]
    [TestCase("vsock:port=5555", "resolve: vsock:.*: 'cid' must say which machine to connect to")]
    [TestCase("systemd:", "resolve: systemd:: this kind of address cannot be connected to")]
    [TestCase("pigeon:", "option --address: 'pigeon:': unknown transport 'pigeon'")]
    public void Of_an_address_where_no_bus_is(string address, string expected) => AssertProblem($"--address=\"{address}\"", expected);

    [Test]
    public void Of_a_bus_that_does_not_know_who_this_is()
    {
        (_, string address) = _shell.StartBroker("--address=tcp:host=127.0.0.1", "HOME=$D");

        AssertProblem($"--address='{address}'", "authenticate: tcp:.*: the bus rejects EXTERNAL; it offers .* \\(the bus does not know this domain or user");
    }

    [Test]
    public void Of_a_bus_whose_policy_does_not_want_it()
    {
        File.WriteAllText(_shell.In("bus.conf"), """
            <busconfig><type>xcp</type><listen>unix:path=bus</listen>
            <policy context="mandatory"><deny user="*"/></policy></busconfig>
            """);
        (_, string address) = _shell.StartBroker("--config-file=bus.conf");

        AssertProblem($"--address='{address}'", "hello: unix:.*: the bus ended the connection \\(the bus knows who this is and does not want it: <policy>\\)");
    }

    [Test]
    public void Of_a_bus_with_another_GUID_than_its_address_says()
    {
        _ = _shell.StartBroker("--address=unix:path=bus");

        AssertProblem(
            "--address=unix:path=$D/bus,guid=00112233445566778899aabbccddeeff",
            "authenticate: unix:.*: the bus has the GUID [0-9a-f]{32}, not 00112233445566778899aabbccddeeff as its address says");
    }

    [TestCase("b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'", "authenticate: unix:.*: the bus says 'HTTP/1.1 400 Bad Request' instead of OK")]
    [TestCase("b''", "authenticate: unix:.*: the bus ended the connection")]
    public void Of_something_that_is_no_bus(string answer, string expected)
    {
        _ = _shell.Start($"""
            exec /usr/bin/python3 -c "
            import socket, os
            s = socket.socket(socket.AF_UNIX); s.bind(os.environ['D'] + '/other'); s.listen()
            c, _ = s.accept(); c.recv(100); c.sendall({answer}); c.close()
            "
            """);
        _shell.AwaitListener("other");

        AssertProblem("--address=unix:path=$D/other", expected);
    }

    [TestCase("nfs-1 00112233445566778899aabbccddeeff", "644", "can be used by others than its owner \\(chmod 600\\)")]
    [TestCase("nfs-1 0011", "600", "this is no token: its secret has 4 characters")]
    [TestCase("00112233445566778899aabbccddeeff", "600", "the token file does not name the domain: --domain NAME must")]
    public void Of_a_token_file_that_cannot_be_used(string text, string mode, string expected)
    {
        File.WriteAllText(_shell.In("token"), text);
        _ = _shell.Run($"chmod {mode} token");

        AssertProblem("--address=unix:path=$D/bus --token-file=token", expected);
    }

    [Test]
    public void Of_a_token_where_the_bus_knows_no_domains()
    {
        File.WriteAllText(_shell.In("token"), "nfs-1 00112233445566778899aabbccddeeff");
        (_, string address) = _shell.StartBroker("--address=unix:path=bus");
        _ = _shell.Run("chmod 600 token");

        AssertProblem($"--address='{address}' --token-file=token", "authenticate: unix:.*: the bus rejects XCP_TOKEN; it offers EXTERNAL");
    }

    private void AssertProblem(string options, string expected)
    {
        // A machine whose name server does not answer shall not take longer than that.
        ShellResult doctor = _shell.Run($"RES_OPTIONS='timeout:1 attempts:1' exec timeout 20 $B doctor {options}");

        Assert.That(doctor.ExitCode, Is.EqualTo(1), doctor.ToString);
        Assert.That(doctor.Error, Does.Match(expected), doctor.ToString);
        Assert.That(doctor.Output, Does.Not.Contain("all is well"));
    }
}
