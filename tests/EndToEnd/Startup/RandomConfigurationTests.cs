namespace XcpBroker.EndToEnd.Startup;

/// <summary>Documents made at random of what the language has and of what it has not: dbus-daemon and this broker read the same ones.</summary>
public sealed class RandomConfigurationTests : IDisposable
{
    private const int Documents = 80;

    private static readonly (string Name, string[] Values)[] Attributes =
    [
        ("send_interface", ["a.b", "*", ""]), ("send_member", ["M", "*"]), ("send_error", ["a.b.E", "*"]), ("send_destination", ["a.b", "*", ":1.1", "x y"]),
        ("send_destination_prefix", ["a.b", "*"]), ("send_path", ["/", "*", "x"]), ("send_type", ["method_call", "error", "signal", "*", "invalid", "call", ""]),
        ("send_broadcast", ["true", "false", "maybe"]), ("send_requested_reply", ["true", "false", "yes"]), ("receive_interface", ["a.b", "*"]),
        ("receive_member", ["M", "*"]), ("receive_error", ["a.b.E", "*"]), ("receive_sender", ["a.b", "*"]), ("receive_path", ["/", "*"]),
        ("receive_type", ["method_return", "signal", "*", "bad"]), ("receive_requested_reply", ["true", "false", "1"]), ("eavesdrop", ["true", "false", "no"]),
        ("min_fds", ["0", "1", "33554432", "33554433", "-1", " 3", "x", ""]), ("max_fds", ["0", "1", "33554432", "33554433"]), ("own", ["a.b", "*", "a", ""]),
        ("own_prefix", ["a.b", "*"]), ("user", ["*", "root", "0", "ghost", "-1", ""]), ("group", ["*", "root", "0", "ghost"]), ("log", ["true", "false", "maybe"]),
        ("bogus", ["1"]),
    ];

    private static readonly string[] Contexts =
    [
        "context='default'", "context='default'", "context='default'", "context='mandatory'", "user='root'", "group='0'", "user='ghost'", "at_console='true'",
        "at_console='false'", "at_console='1'", "context='x'", "", "user='root' group='root'",
    ];

    private static readonly string[] Elements =
    [
        "<fork/>", "<fork> </fork>", "<fork>x</fork>", "<keep_umask/>", "<syslog/>", "<syslog a='b'/>", "<allow_anonymous/>", "<auth>EXTERNAL</auth>", "<auth>GSSAPI</auth>",
        "<type>other</type>", "<type/>", "<servicedir>/x</servicedir>", "<servicedir/>", "<servicehelper>/x</servicehelper>", "<pidfile>/x</pidfile>", "<user>root</user>",
        "<limit name='max_replies_per_connection'>5</limit>", "<limit name='max_containers'>5</limit>", "<limit name='auth_timeout'></limit>", "<limit name='none'>5</limit>",
        "<limit>5</limit>", "<limit name='reply_timeout'>-1</limit>", "<limit name='max_outgoing_bytes'>9223372036854775807</limit>", "<limit name='auth_timeout'>2147483648</limit>",
        "<selinux/>", "<selinux><associate own='a' context='b'/></selinux>", "<selinux><associate own='a'/></selinux>", "<apparmor/>", "<apparmor mode='disabled'/>",
        "<apparmor mode='other'/>", "<standard_session_servicedirs/>", "<standard_system_servicedirs/>", "<include ignore_missing='yes'>/x/y</include>",
        "<include>/x/y</include>", "<includedir>/x/y</includedir>", "<includedir>/etc/passwd</includedir>", "<!-- -->", "<?x y?>",
        "text", "&lt;", "&x;", "<![CDATA[ ]]>", "<![CDATA[x]]>", "<bees/>", "<busconfig/>", "<allow own='a.b'/>", "<listen>unix:tmpdir=/tmp</listen>", "<listen/>",
        "<policy context='default'> </policy>", "<policy context='default'>x</policy>", "<policy context='default'><allow own='a.b'>x</allow></policy>", "<fork>", "</fork>",
    ];

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void Both_read_them_or_neither([Range(1, 4)] int seed)
    {
        Random random = new(seed);
        for (int i = 100; i < 100 + Documents; i++)
        {
            string content = random.Next(4) == 0 ? $"{Pick(random, Elements)}{Pick(random, Elements)}" : Policy(random);
            string document = $"<busconfig><listen>unix:tmpdir=/tmp</listen>{content}</busconfig>";
            File.WriteAllText(_shell.In($"{i}.conf"), document.Replace("tmpdir=/tmp", $"tmpdir={_shell.Directory}", StringComparison.Ordinal));
        }

        ShellResult reference = _shell.Run(
            "for f in *.conf; do pid=$(timeout 30 dbus-daemon --config-file=$f --fork --nopidfile --print-pid=1 2>/dev/null) && kill $pid && echo \"$(cat $f): read\" || echo \"$(cat $f): refused\"; done");
        ShellResult ours = _shell.Run("for f in *.conf; do $B config check $f >/dev/null 2>&1 && echo \"$(cat $f): read\" || echo \"$(cat $f): refused\"; done");

        Assert.That(Lines(ours), Is.EqualTo(Lines(reference)));
        Assert.That(Lines(ours).Count(line => line.EndsWith(": read", StringComparison.Ordinal)), Is.InRange(Documents / 10, Documents * 9 / 10), "there are some of each");
    }

    private static string Policy(Random random)
    {
        string side = random.Next(2) == 0 ? "send_" : "receive_";
        (string Name, string[] Values)[] among = random.Next(3) == 0 ? Attributes : [.. Attributes.Where(attribute => attribute.Name.StartsWith(side, StringComparison.Ordinal) || attribute.Name.EndsWith("_fds", StringComparison.Ordinal))];
        IEnumerable<string> attributes = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(random, among)).DistinctBy(attribute => attribute.Name)
            .Select(attribute => $" {attribute.Name}='{Pick(random, attribute.Values)}'");
        return $"<policy {Pick(random, Contexts)}><{(random.Next(2) == 0 ? "allow" : "deny")}{string.Concat(attributes)}/></policy>";
    }

    private static T Pick<T>(Random random, T[] among) => among[random.Next(among.Length)];

    private static string[] Lines(ShellResult result) => result.Output.Split('\n');
}
