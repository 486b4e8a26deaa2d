using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Forwarding;

/// <summary><c>xcp-broker forward</c>: stock clients of a bus that they could not reach themselves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ForwarderTests : IDisposable
{
    private const string Bus = "org.freedesktop.DBus";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    private string Address => $"unix:path={_shell.Directory}/forward";

    [Test]
    public void Sd_bus_GDBus_libdbus_and_dbus_python_are_on_the_bus_behind_it()
    {
        string id = StartBoth();

        Assert.That(_shell.BusId(Address), Is.EqualTo(id));
        Assert.That(_shell.Run($"exec busctl --address='{Address}' list --no-legend").Output, Does.Contain(Bus));
        ShellResult gdbus = _shell.Run($"exec gdbus call --address '{Address}' --dest {Bus} --object-path / --method {Bus}.GetId");
        Assert.That(gdbus.Output, Does.Contain(id), gdbus.Error);
        ShellResult python = Python($"""
            import dbus, dbus.bus
            bus = dbus.bus.BusConnection('{Address}')
            print(bus.call_blocking('{Bus}', '/', '{Bus}', 'GetId', '', ()))
            """);
        Assert.That(python.Output, Is.EqualTo($"{id}\n"), python.Error);
    }

    [Test]
    public void OK_names_the_buss_GUID_and_descriptors_are_refused()
    {
        _ = StartBoth();
        ShellResult both = Python(Talk + """
            def ask(path):
                s = connect(path)
                s.sendall(b'\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\n')
                return [line(s), line(s), line(s)[:12]]
            of_bus, of_forwarder = ask('bus'), ask('forward')
            print(of_bus[1] == of_forwarder[1], of_forwarder[0], of_forwarder[2])
            """);

        Assert.That(both.Output, Is.EqualTo("True b'DATA' b'ERROR \"Unix '\n"), both.Error);
    }

    [Test]
    public void A_client_that_comes_before_the_bus_waits_for_it()
    {
        Process client = StartForwarderAnd("exec dbus-send --bus=unix:path=$D/forward --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetId");
        _ = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(Shell.ReadLine(client.StandardOutput).Trim(), Has.Length.EqualTo(32));
    }

    [Test]
    public void Without_a_bus_it_is_rejected_when_it_has_waited_enough()
    {
        StartForwarder("--wait=1");
        ShellResult client = Python(Talk + """
            s = connect('forward')
            s.sendall(b'\0AUTH EXTERNAL\r\nDATA\r\n')
            print(line(s), line(s))
            """);

        Assert.That(client.Output, Is.EqualTo("b'DATA' b'REJECTED EXTERNAL'\n"), client.Error);
    }

    [Test]
    public void When_the_bus_ends_its_clients_are_closed_and_new_ones_find_the_next_bus()
    {
        (Process broker, _) = _shell.StartBroker("--address=unix:path=bus");
        StartForwarder();
        Process client = StartPython(Talk + """
            s = hello('forward')
            print('connected', flush=True)
            while s.recv(4096): pass
            print('closed', flush=True)
            """);
        Assert.That(Shell.ReadLine(client.StandardOutput), Is.EqualTo("connected"));

        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(Shell.ReadLine(client.StandardOutput), Is.EqualTo("closed"));

        _ = _shell.StartBroker("--address=unix:path=bus");
        Assert.That(_shell.BusId(Address), Has.Length.EqualTo(32));
    }

    [Test]
    public void When_a_client_ends_its_connection_to_the_bus_ends_after_its_last_message()
    {
        _ = StartBoth();
        ShellResult watched = _shell.Run($$"""
            dbus-monitor --address unix:path=$D/bus "type='signal',interface='org.example.Last'" "type='signal',member='NameOwnerChanged'" >seen &
            until grep -q NameAcquired seen; do sleep 0.05; done
            dbus-send --bus='{{Address}}' /org/example org.example.Last.Word
            until grep -q 'interface=org.example.Last' seen; do sleep 0.05; done
            name=$(sed -n 's/.*sender=\([^ ]*\) .*interface=org.example.Last.*/\1/p' seen)
            until grep -A3 NameOwnerChanged seen | grep -A2 "string \"$name\"" | grep -q 'string ""'; do sleep 0.05; done
            kill $!
            echo gone
            """);

        Assert.That(watched.Output, Does.EndWith("gone\n"), watched.Error);
    }

    [TestCase("", "refused")]
    [TestCase("--allow-uid=65534", "welcome")]
    public void Only_root_its_own_user_and_who_is_named_may_use_it(string option, string expected)
    {
        Assume.That(_shell.Run("id -u").Output, Is.EqualTo("0\n"), "another user is needed, and so root");
        _ = StartBoth(option);
        ShellResult other = _shell.Run($"""
            chmod 711 $D
            setpriv --reuid=65534 --regid=0 --clear-groups dbus-send --bus='{Address}' --dest={Bus} --print-reply / {Bus}.GetId >/dev/null 2>&1 && echo welcome || echo refused
            stat -c %a forward
            """);

        Assert.That(other.Output, Is.EqualTo($"{expected}\n660\n"), other.Error);
    }

    [Test]
    public void Megabytes_pass_both_ways_between_clients_that_read_slowly()
    {
        _ = StartBoth();
        ShellResult echo = Python($"""
            import dbus, dbus.bus, dbus.service, dbus.mainloop.glib, os, hashlib, threading
            from gi.repository import GLib
            service = os.fork()
            if service == 0:
                dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
                bus = dbus.bus.BusConnection('{Address}')
                class Echo(dbus.service.Object):
                    @dbus.service.method('org.example.Echo', in_signature='ay', out_signature='ay', byte_arrays=True)
                    def Echo(self, data): return dbus.ByteArray(data)
                name = dbus.service.BusName('org.example.Echo', bus)
                Echo(bus, '/echo')
                GLib.MainLoop().run()
            bus = dbus.bus.BusConnection('{Address}')
            while not bus.name_has_owner('org.example.Echo'): pass
            data = os.urandom(5_000_000)
            back = bus.call_blocking('org.example.Echo', '/echo', 'org.example.Echo', 'Echo', 'ay', (dbus.ByteArray(data),), byte_arrays=True)
            print(bytes(back) == data)
            os.kill(service, 9)
            """);

        Assert.That(echo.Output, Is.EqualTo("True\n"), echo.Error);
    }

    [Test]
    public void Two_hundred_clients_are_within_12_MB()
    {
        _ = _shell.StartBroker("--address=unix:path=bus");
        Process forwarder = StartForwarder();
        ShellResult memory = Python(Talk + $"""
            clients = [hello('forward') for _ in range(200)]
            for line in open('/proc/{forwarder.Id}/status'):
                if line.startswith('VmRSS'): print(line.split()[1])
            """);

        TestContext.Out.WriteLine($"VmRSS with 200 clients: {memory.Output.Trim()} KiB");
        Assert.That(int.Parse(memory.Output, null) * 1024, Is.LessThan(12_000_000), memory.Error);
    }

    [TestCase("--listen=unix:path=forward", "where the bus is, neither an option")]
    [TestCase("--to=unix:path=/x", "option --listen must be given")]
    [TestCase("--listen=tcp:host=localhost --to=unix:path=/x", "is not one unix:path= or unix:abstract=")]
    [TestCase("--listen=unix:path=forward --to=vsock:port=5555", "'cid' must say which machine to connect to; 2 is the host")]
    [TestCase("--listen=unix:path=forward --to=tcp:host=localhost", "'port' must be given")]
    [TestCase("--listen=unix:path=forward --to=unix:path=/x --allow-uid=root", "option --allow-uid: 'root' is not a number")]
    [TestCase("--listen=unix:path=forward --to=unix:path=/x --token-file=none", "none: cannot open the token file")]
    [TestCase("--listen=unix:path=forward --to=unix:path=/x y", "unexpected argument 'y'")]
    public void What_is_wrong_with_the_options_is_said(string options, string expected)
    {
        ShellResult result = _shell.Run($"exec timeout 10 $B forward {options}");

        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, result.Error)));
        Assert.That(result.Error, Does.Contain(expected));
    }

    /// <summary>A client that speaks bytes: connect, line, hello.</summary>
    internal const string Talk = """
        import socket, os
        def connect(path):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(15)
            s.connect(os.environ['D'] + '/' + path)
            return s
        def line(s):
            text = b''
            while not text.endswith(b'\r\n'):
                piece = s.recv(1)
                if not piece: return None
                text += piece
            return text[:-2]
        HELLO = (b'l\1\0\1\0\0\0\0\1\0\0\0\x6e\0\0\0\1\1o\0\x15\0\0\0/org/freedesktop/DBus\0\0\0\6\1s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0'
            b'\2\1s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0\3\1s\0\5\0\0\0Hello\0\0\0')
        def hello(path):
            s = connect(path)
            s.sendall(b'\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n' + HELLO)
            assert line(s) == b'DATA' and line(s).startswith(b'OK ')
            assert s.recv(4096)
            return s

        """;

    private string StartBoth(string options = "")
    {
        _ = _shell.StartBroker("--address=unix:path=bus");
        _ = StartForwarder(options);
        return _shell.BusId($"unix:path={_shell.Directory}/bus");
    }

    private Process StartForwarder(string options = "")
    {
        Process forwarder = _shell.Start($"exec $B forward --listen=unix:path=forward --to=unix:path=$D/bus {options} 2>forward.log");
        _shell.AwaitListener("forward");
        return forwarder;
    }

    private Process StartForwarderAnd(string client)
    {
        _ = StartForwarder();
        return _shell.Start(client);
    }

    private ShellResult Python(string script)
    {
        File.WriteAllText(_shell.In("client.py"), script);
        return _shell.Run("exec /usr/bin/python3 client.py");
    }

    private Process StartPython(string script)
    {
        File.WriteAllText(_shell.In("client.py"), script);
        return _shell.Start("exec /usr/bin/python3 client.py");
    }
}
