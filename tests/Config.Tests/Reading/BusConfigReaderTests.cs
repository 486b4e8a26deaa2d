using XcpBroker.Auth.Policy;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Reading;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BusConfigReaderTests
{
    private const string Listen = "<listen>unix:tmpdir=/tmp</listen>";
    private const string Main = "/etc/bus/main.conf";

    private static readonly StandardServiceDirectories Standard = new("/run/user/7", null, "/data/:/usr/share", "/home/u");

    private readonly FakeFiles _files = new();
    private readonly FakeUsers _users = new();

    [Test]
    public void Every_element_is_in_its_place()
    {
        BusConfiguration read = Read($"""
            <?xml version="1.0" encoding="latin1"?>
            <!-- first --><!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <type>session</type> <user> messagebus </user> <fork/> <keep_umask/> <syslog></syslog> <allow_anonymous/>
              <pidfile>/run/bus.pid</pidfile> <servicehelper>helper</servicehelper>
              <listen>unix:path=/a,guid=00112233445566778899aabbccddeeff</listen> <listen>unix:abstract=b;unix:runtime=yes</listen>
              <auth>EXTERNAL</auth> <auth>DBUS_COOKIE_SHA1</auth>
              <servicedir>services</servicedir> <servicedir>/other</servicedir> <servicedir>services</servicedir>
              <limit name="auth_timeout"> 5 </limit> <limit name="auth_timeout">6</limit>
              <policy context="default"><allow user="*"/></policy>
            </busconfig>
            """);

        Assert.That(read.File, Is.EqualTo(Main));
        Assert.That((read.Type, read.User, read.PidFile, read.ServiceHelper), Is.EqualTo(("session", "messagebus", "/run/bus.pid", "/etc/bus/helper")));
        Assert.That((read.Fork, read.KeepUmask, read.Syslog, read.AllowAnonymous), Is.EqualTo((true, true, true, true)));
        Assert.That(string.Join(' ', read.Addresses), Is.EqualTo("unix:abstract=b unix:runtime=yes unix:path=/a,guid=00112233445566778899aabbccddeeff"), "the last one first");
        Assert.That(string.Join(' ', read.AuthMechanisms), Is.EqualTo("EXTERNAL DBUS_COOKIE_SHA1"));
        Assert.That(string.Join(' ', read.ServiceDirectories.Select(directory => directory.Path)), Is.EqualTo("/etc/bus/services /other"));
        Assert.That(read.ServiceDirectories, Is.All.Matches<ServiceDirectory>(directory => directory is { IsTransient: false, RequiresMatchingFileNames: false }));
        Assert.That(read.Limits, Is.EqualTo(DefaultLimits.DbusDaemonSystem with { AuthTimeout = TimeSpan.FromMilliseconds(6) }));
        Assert.That(read.Policy.Entries, Has.Count.EqualTo(1));
        Assert.That(string.Join(' ', read.Files), Is.EqualTo(Main));
        Assert.That(read.Warnings, Is.Empty);
        Assert.That(read.IsXcp, Is.False);
    }

    [Test]
    public void What_is_not_there_is_not_set()
    {
        BusConfiguration read = Read($"<busconfig>{Listen}</busconfig>");

        Assert.That((read.Type, read.User, read.PidFile, read.ServiceHelper), Is.EqualTo(default((string?, string?, string?, string?))));
        Assert.That((read.Fork, read.KeepUmask, read.Syslog, read.AllowAnonymous), Is.EqualTo((false, false, false, false)));
        Assert.That(read.AuthMechanisms, Is.Empty);
        Assert.That(read.Limits, Is.EqualTo(DefaultLimits.DbusDaemonSystem));
        Assert.That(read.Policy.Entries, Is.Empty);
    }

    // dbus-daemon(1), "<listen>".
    [TestCase("session", "tcp:port=3 unix:path=/b unix:path=/b2 unix:path=/a")]
    [TestCase("xcp", "unix:path=/a unix:path=/b unix:path=/b2 tcp:port=3")]
    public void Clients_are_to_try_the_last_address_first_and_in_type_xcp_the_first(string type, string expected)
    {
        _files["/etc/bus/more.conf"] = "<busconfig><listen>tcp:port=3</listen></busconfig>";
        BusConfiguration read = Read($"<busconfig><type>{type}</type><listen>unix:path=/a</listen><listen>unix:path=/b;unix:path=/b2</listen><include>more.conf</include></busconfig>");

        Assert.That(string.Join(' ', read.Addresses).Replace("host=localhost,", "", StringComparison.Ordinal), Is.EqualTo(expected));
    }

    [Test]
    public void Type_xcp_has_our_own_limits_wherever_it_is_written() => Assert.That(
        Read($"<busconfig><limit name='max_names_per_connection'>7</limit>{Listen}<type>xcp</type></busconfig>").Limits,
        Is.EqualTo(DefaultLimits.Embedded with { MaxNamesPerConnection = 7 }));

    [Test]
    public void Standard_directories_are_those_of_the_specification()
    {
        BusConfiguration session = Read($"<busconfig>{Listen}<standard_session_servicedirs/></busconfig>");
        BusConfiguration system = Read($"<busconfig>{Listen}<standard_system_servicedirs/></busconfig>");

        Assert.That(session.ServiceDirectories, Is.EqualTo(new ServiceDirectory[]
        {
            new("/run/user/7/dbus-1/services", true, true), new("/home/u/.local/share/dbus-1/services", false, false),
            new("/data/dbus-1/services", false, false), new("/usr/share/dbus-1/services", false, false),
        }));
        Assert.That(string.Join(' ', system.ServiceDirectories.Select(directory => directory.Path[..^"/dbus-1/system-services".Length])),
            Is.EqualTo("/etc /run /usr/local/share /usr/share /lib"));
    }

    // Source: bus/config-parser.c, service_dirs_append_link_unique_or_free.
    [TestCase("<standard_session_servicedirs/><servicedir>/run/user/7/dbus-1/services</servicedir>")]
    [TestCase("<servicedir>/run/user/7/dbus-1/services</servicedir><standard_session_servicedirs/>")]
    [TestCase("<standard_session_servicedirs/><include>more.conf</include>")]
    public void A_directory_that_is_named_twice_is_only_as_special_as_both_say(string elements)
    {
        _files["/etc/bus/more.conf"] = "<busconfig><servicedir>/run/user/7/dbus-1/services</servicedir></busconfig>";

        Assert.That(Read($"<busconfig>{Listen}{elements}</busconfig>").ServiceDirectories[0], Is.EqualTo(new ServiceDirectory("/run/user/7/dbus-1/services", false, false)));
    }

    [Test]
    public void Included_files_count_where_they_are_included_and_override_what_stands_before()
    {
        _files["/etc/bus/more.conf"] = "<busconfig><type>xcp</type><user>b</user><fork/><auth>EXTERNAL</auth><policy context='default'><deny own='*'/></policy></busconfig>";
        BusConfiguration read = Read($"<busconfig>{Listen}<user>a</user><policy context='default'><allow own='a.b'/></policy><include>more.conf</include><policy context='default'><allow own='c.d'/></policy></busconfig>");

        Assert.That((read.Type, read.User, read.Fork), Is.EqualTo(("xcp", "b", true)));
        Assert.That(string.Join(' ', read.AuthMechanisms), Is.EqualTo("EXTERNAL"));
        Assert.That(read.Policy.Entries.Select(entry => $"{entry.Rule.Source} {entry.Rule}"), Is.EqualTo(new[]
        {
            $"{Main}:1 <allow own=\"a.b\"/>", "/etc/bus/more.conf:1 <deny own=\"*\"/>", $"{Main}:1 <allow own=\"c.d\"/>",
        }));
        Assert.That(string.Join(' ', read.Files), Is.EqualTo($"{Main} /etc/bus/more.conf"));
    }

    [Test]
    public void A_directory_is_read_in_the_order_of_names_only_conf_and_a_bad_file_is_passed_over_whole()
    {
        _files["/etc/bus/d/b.conf"] = "<busconfig><auth>ANONYMOUS</auth></busconfig>";
        _files["/etc/bus/d/a.conf"] = "<busconfig><auth>EXTERNAL</auth></busconfig>";
        _files["/etc/bus/d/aa.conf"] = "<busconfig><auth>DBUS_COOKIE_SHA1</auth>\n<bees/></busconfig>";
        _files["/etc/bus/d/c.conf.bak"] = "<bees/>";
        _files["/etc/bus/d/loop.conf"] = "<busconfig><includedir>../d</includedir></busconfig>";
        BusConfiguration read = Read($"<busconfig>{Listen}<includedir>d/</includedir><includedir>missing</includedir></busconfig>");

        Assert.That(string.Join(' ', read.AuthMechanisms), Is.EqualTo("EXTERNAL ANONYMOUS"));
        Assert.That(read.Warnings.Select(warning => warning.ToString()), Has.One.StartsWith("/etc/bus/d/aa.conf:2:1: element <bees>").And.One.EndsWith("the file /etc/bus/d/aa.conf is ignored"));
        Assert.That(string.Join(' ', read.Directories), Is.EqualTo("/etc/bus/d/ /etc/bus/d/../d /etc/bus/missing"));
    }

    [Test]
    public void A_missing_include_is_an_error_unless_it_may_be_missing()
    {
        Assert.That(Problem($"<busconfig>{Listen}\n <include>x.conf</include></busconfig>"), Is.EqualTo($"{Main}:2:2: /etc/bus/x.conf: there is no such file"));
        Assert.That(Read($"<busconfig>{Listen}<include ignore_missing='yes'>x.conf</include></busconfig>").Files, Does.Contain("/etc/bus/x.conf"));
    }

    [Test]
    public void An_include_that_cannot_be_read_is_an_error_even_if_it_may_be_missing()
    {
        _files.Locked.Add("/x.conf");
        _files.Locked.Add("/d");

        Assert.That(Problem($"<busconfig>{Listen}<include ignore_missing='yes'>/x.conf</include></busconfig>"), Does.EndWith("/x.conf: there is no permission to read the file"));
        Assert.That(Problem($"<busconfig>{Listen}<includedir>/d</includedir></busconfig>"), Does.EndWith("/d: there is no permission to read the directory"));
    }

    [Test]
    public void A_circle_that_no_name_gives_away_ends_by_its_depth()
    {
        for (int i = 0; i < 100; i++)
        {
            _files[$"/etc/bus/{i}.conf"] = $"<busconfig><include>{i + 1}.conf</include></busconfig>";
        }

        Assert.That(Problem($"<busconfig>{Listen}<include>0.conf</include></busconfig>"), Does.EndWith("files are included more than 32 deep"));
    }

    [Test]
    public void A_file_may_be_included_twice_if_not_by_itself()
    {
        _files["/etc/bus/x.conf"] = "<busconfig><auth>EXTERNAL</auth></busconfig>";

        Assert.That(Read($"<busconfig>{Listen}<include>x.conf</include><include>x.conf</include></busconfig>").AuthMechanisms, Has.Count.EqualTo(2));
    }

    [TestCase("<include if_selinux_enabled='yes' selinux_root_relative='yes'>contexts/dbus_contexts</include>")]
    [TestCase("<include if_selinux_enabled='yes'>x</include>")]
    public void An_include_for_SELinux_is_passed_over(string include) => Assert.That(Read($"<busconfig>{Listen}{include}</busconfig>").Files, Has.Count.EqualTo(1));

    [TestCase("<selinux><associate own='a.b' context='c'/><associate own='a.c' context='c'/></selinux>", "SELinux is not asked")]
    [TestCase("<apparmor/><apparmor mode='enabled'/>", "AppArmor is not asked")]
    [TestCase("<policy at_console='true'/><policy at_console='true'/>", "nobody counts as at the console")]
    public void What_has_no_effect_is_a_warning_once(string elements, string expected)
    {
        BusConfiguration read = Read($"<busconfig>{Listen}{elements}</busconfig>");

        Assert.That(read.Warnings.Select(warning => warning.Message), Has.One.Contains(expected));
        Assert.That(read.Warnings, Has.Count.EqualTo(1));
    }

    [TestCase("<policy user='ghost'><allow own='a.b'/></policy>", "there is no user \"ghost\": its rules are ignored")]
    [TestCase("<policy group='ghost'><allow user='*'/></policy>", "there is no group \"ghost\": its rules are ignored")]
    [TestCase("<policy context='default'><allow user='ghost'/></policy>", "there is no user \"ghost\": the rule is ignored")]
    [TestCase("<policy context='default'><deny group='ghost'/></policy>", "there is no group \"ghost\": the rule is ignored")]
    [TestCase("<listen>debug-pipe:name=x</listen>", "cannot listen on 'debug-pipe:name=x': unknown transport 'debug-pipe'")]
    [TestCase("<listen>unix:path=/x,path=/y</listen>", "cannot listen on 'unix:path=/x,path=/y': 'path' is given twice")]
    public void What_is_for_nobody_here_is_a_warning(string element, string expected)
    {
        BusConfiguration read = Read($"<busconfig>{Listen}\n{element}</busconfig>");

        Assert.That(read.Policy.Entries, Is.Empty);
        Assert.That(read.Warnings.Single().Message, Does.StartWith(expected));
        Assert.That(read.Warnings.Single().Line, Is.EqualTo(2));
    }

    [Test]
    public void Each_user_is_asked_for_once_and_a_number_not_at_all()
    {
        Read($"<busconfig>{Listen}<policy user='root'/><policy user='root'/><policy user='ghost'/><policy user='ghost'/><policy user='4294967294'/></busconfig>");

        Assert.That(_users.Questions, Is.EqualTo(2));
    }

    [TestCase("<busconfig/>", "1:1: there is no address to listen on; expected <listen> in <busconfig>")]
    [TestCase("<bus/>", "1:1: the root element is <bus>; expected <busconfig>")]
    [TestCase("", "1:1: there is no element; expected <busconfig>")]
    [TestCase("<busconfig>x</busconfig>", "1:1: text is not allowed in <busconfig>")]
    [TestCase("<busconfig a='b'/>", "1:12: attribute \"a\" is not known on <busconfig>; it has none")]
    [TestCase("<busconfig><listen/></busconfig>", "1:12: <listen> is empty; expected an address")]
    [TestCase("<busconfig><user>a<b/></user></busconfig>", "1:19: element <b> is not allowed in <user>")]
    [TestCase("<busconfig><fork>yes</fork></busconfig>", "1:12: text is not allowed in <fork>")]
    [TestCase("<busconfig><fork><b/></fork></busconfig>", "1:18: element <b> is not allowed in <fork>")]
    [TestCase("<busconfig><auth>TLS</auth></busconfig>", "1:12: there is no authentication mechanism \"TLS\"; expected one of EXTERNAL, DBUS_COOKIE_SHA1, XCP_TOKEN, ANONYMOUS")]
    [TestCase("<busconfig><apparmor mode='required'/></busconfig>", "1:22: mode is \"required\", but AppArmor cannot be asked here; expected enabled or disabled")]
    [TestCase("<busconfig><selinux><a/></selinux></busconfig>", "1:21: element <a> is not known in <selinux>; expected <associate>")]
    [TestCase("<busconfig><selinux><associate own='a'/></selinux></busconfig>", "1:21: <associate> needs own=\"a name\" and context=\"an SELinux context\"")]
    [TestCase("<busconfig><include selinux_root_relative='yes'>x</include></busconfig>", "1:21: there is no SELinux policy here to be relative to")]
    [TestCase("<busconfig><include ignore_missing='maybe'>x</include></busconfig>", "1:21: attribute \"ignore_missing\" is \"maybe\"; expected \"yes\" or \"no\"")]
    [TestCase("<busconfig><policy context='default'><permit/></policy></busconfig>", "1:38: element <permit> is not known in <policy>; expected <allow> or <deny>")]
    [TestCase("<busconfig><policy context='default'>x</policy></busconfig>", "1:12: text is not allowed in <policy>")]
    [TestCase("<busconfig><limit name='auth_timeout'>010</limit></busconfig>", "limit auth_timeout is \"010\"; expected a decimal number")]
    [TestCase("<busconfig><limit name='auth_timeout'>0x10</limit></busconfig>", "limit auth_timeout is \"0x10\"; expected a decimal number")]
    [TestCase("<busconfig><limit name='auth_timeout'>5s</limit></busconfig>", "limit auth_timeout is \"5s\"; expected a decimal number")]
    [TestCase("<busconfig><limit name='max_incoming_bytes'>99999999999999999999</limit></busconfig>", "is too large; expected at most 9223372036854775807")]
    public void A_bad_file_is_refused_with_line_column_and_what_was_expected(string text, string expected)
    {
        string problem = Problem(text);

        Assert.That(problem, Does.StartWith($"{Main}:1:").And.Contains(expected));
        Assert.That(problem, Does.Not.Contain('\n'));
    }

    [TestCase("<allow/>", "<allow> has no attributes")]
    [TestCase("<allow log='true'/>", "<allow> has no attribute that says what it is about")]
    [TestCase("<allow max_fds='1'/>", "<allow> has no attribute that says what it is about")]
    [TestCase("<allow own='a' own_prefix='b'/>", "own cannot be combined with own_prefix")]
    [TestCase("<allow own='a' eavesdrop='true'/>", "own cannot be combined with eavesdrop")]
    [TestCase("<allow user='root' group='root'/>", "user cannot be combined with group")]
    [TestCase("<allow user='root' send_type='signal'/>", "user cannot be combined with send_type")]
    [TestCase("<allow send_type='signal' receive_type='signal'/>", "receive_type cannot be combined with send_type")]
    [TestCase("<allow send_member='M'/>", "send_member stands alone")]
    [TestCase("<allow receive_member='M' receive_type='signal'/>", "receive_member stands alone")]
    [TestCase("<allow send_error='e' send_interface='i'/>", "send_interface cannot be combined with send_error")]
    [TestCase("<allow receive_error='e' receive_path='/' receive_member='M'/>", "receive_member cannot be combined with receive_error")]
    [TestCase("<allow send_destination='a' send_destination_prefix='b'/>", "send_destination_prefix cannot be combined with send_destination")]
    [TestCase("<allow send_type='call'/>", "send_type is \"call\"; expected method_call, method_return, error, signal or *")]
    [TestCase("<allow eavesdrop='yes'/>", "attribute \"eavesdrop\" is \"yes\"; expected \"true\" or \"false\"")]
    [TestCase("<allow send_broadcast='*'/>", "attribute \"send_broadcast\" is \"*\"; expected \"true\" or \"false\"")]
    [TestCase("<allow send_requested_reply='no'/>", "attribute \"send_requested_reply\" is \"no\"")]
    [TestCase("<allow send_type='*' min_fds='-1'/>", "min_fds is \"-1\"; expected a number from 0 to 33554432")]
    [TestCase("<allow send_type='*' max_fds='33554433'/>", "max_fds is \"33554433\"")]
    [TestCase("<allow send_type='*'><b/></allow>", "element <b> is not allowed in <allow>")]
    public void A_bad_rule_is_refused(string rule, string expected) =>
        Assert.That(Problem($"<busconfig>{Listen}<policy context='default'>{rule}</policy></busconfig>"), Does.Contain(expected));

    [TestCase("user='1'")]
    [TestCase("group='1'")]
    public void Who_may_connect_is_not_for_one_user_to_say(string context) => Assert.That(
        Problem($"<busconfig>{Listen}<policy {context}><allow user='*'/></policy></busconfig>"), Does.Contain("user is not for a policy of one user, group or domain"));

    [TestCase("max_containers")]
    [TestCase("max_containers_per_user")]
    [TestCase("max_connections_per_container")]
    [TestCase("max_container_metadata_bytes")]
    public void A_limit_on_containers_is_taken_and_has_no_effect(string name) => Assert.That(
        Read($"<busconfig>{Listen}<limit name='{name}'>5</limit></busconfig>").Limits, Is.EqualTo(DefaultLimits.DbusDaemonSystem));

    [TestCase("max_incoming_bytes")]
    [TestCase("max_outgoing_unix_fds")]
    public void A_limit_that_dbus_daemon_keeps_in_a_long_may_be_as_large(string name) => Assert.That(
        LimitTable.Find(name)!.Get(Read($"<busconfig>{Listen}<limit name='{name}'>9223372036854775807</limit></busconfig>").Limits), Is.Null.Or.EqualTo(int.MaxValue));

    [Test]
    public void A_text_opens_no_other_file()
    {
        _files["/x.conf"] = "<bees/>";
        BusConfigReader reader = new(_files, _users, Standard, Transports.Known.Addresses);
        byte[] text = System.Text.Encoding.ASCII.GetBytes($"<busconfig>{Listen}<include>/x.conf</include><includedir>/d</includedir></busconfig>");

        Assert.That(reader.TryReadText(text, "given text", out BusConfiguration? read, out _), Is.True);
        Assert.That(string.Join(' ', read!.Warnings.Select(warning => warning.Message)), Is.EqualTo("the file /x.conf is not looked at the directory /d is not looked at"));
    }

    [Test]
    public void A_rule_that_is_written_is_read_as_an_equal_rule()
    {
        const string Rules = """
            <allow user="*"/><deny user="7"/><allow group="50"/><deny own="*"/><allow own_prefix="a.b"/>
            <allow send_destination="a&quot;&amp;&lt;&#10;" send_type="method_call" send_path="/p" send_interface="i.f" send_member="M" eavesdrop="true" min_fds="1" max_fds="2" log="true"/>
            <deny send_destination_prefix="a.b" send_requested_reply="true"/><allow send_broadcast="false"/><deny send_error="e.r"/>
            <allow receive_sender="a.b" receive_requested_reply="false" receive_path="/" receive_error="e.r"/><deny eavesdrop="true"/>
            <allow receive_interface="a.b" receive_member="N" receive_type="signal"/>
            """;
        IReadOnlyList<PolicyEntry> first = Read($"<busconfig>{Listen}<policy context='default'>{Rules}</policy></busconfig>").Policy.Entries;
        string written = string.Concat(first.Select(entry => entry.Rule));
        IReadOnlyList<PolicyEntry> second = Read($"<busconfig>{Listen}<policy context='default'>{written}</policy></busconfig>").Policy.Entries;

        PolicySource nowhere = new("", 0);
        Assert.That(second.Select(entry => entry.Rule with { Source = nowhere }), Is.EqualTo(first.Select(entry => entry.Rule with { Source = nowhere })));
        Assert.That(first, Has.Count.EqualTo(12));
    }

    private BusConfiguration Read(string text)
    {
        _files[Main] = text;
        bool read = new BusConfigReader(_files, _users, Standard, Transports.Known.Addresses).TryRead(Main, out BusConfiguration? configuration, out ConfigProblem? problem);
        Assert.That(read, Is.True, problem?.ToString());
        return configuration!;
    }

    private string Problem(string text)
    {
        _files[Main] = text;
        Assert.That(new BusConfigReader(_files, _users, Standard, Transports.Known.Addresses).TryRead(Main, out _, out ConfigProblem? problem), Is.False);
        return problem!.ToString();
    }
}
