using XcpBroker.Config.Services;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Reading;

/// <summary><c>&lt;buffer&gt;</c>: names that the configuration declares.</summary>
internal sealed class BufferTests
{
    private const string File = "/etc/bus/main.conf";

    private readonly FakeFiles _files = new();

    [Test]
    public void A_prefix_has_the_defaults_of_a_descriptor() =>
        Assert.That(Read("<buffer own_prefix=\"org.example\"/>").Buffers, Is.EqualTo([new BufferedPrefix("org.example", 1000, new BufferDeclaration())]));

    [Test]
    public void What_a_descriptor_can_say_an_attribute_says()
    {
        BufferedPrefix read = Read(
            "<buffer own_prefix=\"org.a-b\" names=\"2\" messages=\"10\" bytes=\"64K\" timeout=\"500ms\" ttl=\"2min\" on_full=\"drop-oldest\" "
            + "durable=\"yes\" ack=\"explicit\" max_deliveries=\"3\"/>").Buffers.Single();

        Assert.That(read, Is.EqualTo(new BufferedPrefix("org.a-b", 2, new BufferDeclaration
        {
            MaxMessages = 10,
            MaxBytes = 65536,
            CallTimeout = TimeSpan.FromMilliseconds(500),
            TimeToLive = TimeSpan.FromMinutes(2),
            DropsOldest = true,
            IsDurable = true,
            NeedsAck = true,
            MaxDeliveries = 3,
        })));
    }

    [Test]
    public void The_last_one_of_a_prefix_counts_wherever_it_stands()
    {
        _files["/etc/bus/more.conf"] = "<busconfig><buffer own_prefix=\"a.b\" messages=\"2\"/></busconfig>";
        BusConfiguration read = Read(
            "<buffer own_prefix=\"a.b\" messages=\"1\"/><buffer own_prefix=\"a.c\"/><include>more.conf</include><buffer own_prefix=\"a.c\" messages=\"3\"/>");

        Assert.That(read.Buffers.Select(buffer => (buffer.Prefix, buffer.Declaration.MaxMessages)), Is.EqualTo([("a.b", 2), ("a.c", 3)]));
    }

    [Test]
    public void Calls_that_wait_longer_than_their_callers_are_a_warning() => Assert.That(
        Read("<buffer own_prefix=\"a.b\" timeout=\"1min\"/>").Warnings.Single().Message,
        Is.EqualTo("<buffer own_prefix=\"a.b\">: a call may wait for 60 s, and run when its caller has given up: most wait for 25 s"));

    [TestCase("<buffer/>", "<buffer> has no own_prefix; expected <buffer own_prefix=\"...\"/>")]
    [TestCase("<buffer own_prefix=\"\"/>", "own_prefix is \"\"; expected a well-known name, or the beginning of one up to a dot")]
    [TestCase("<buffer own_prefix=\"a.\"/>", "own_prefix is \"a.\"; expected a well-known name, or the beginning of one up to a dot")]
    [TestCase("<buffer own_prefix=\":1\"/>", "own_prefix is \":1\"; expected a well-known name, or the beginning of one up to a dot")]
    [TestCase("<buffer own_prefix=\"a.b\u00e9\"/>", "own_prefix is \"a.b\u00e9\"; expected a well-known name, or the beginning of one up to a dot")]
    [TestCase("<buffer own_prefix=\"a\" names=\"0\"/>", "names is \"0\"; expected a number from 1")]
    [TestCase("<buffer own_prefix=\"a\" messages=\"many\"/>", "messages is \"many\"; expected a number")]
    [TestCase("<buffer own_prefix=\"a\" bytes=\"4MB\"/>", "bytes is \"4MB\"; expected a size, for example 4M")]
    [TestCase("<buffer own_prefix=\"a\" timeout=\"soon\"/>", "timeout is \"soon\"; expected a time, for example 20s")]
    [TestCase("<buffer own_prefix=\"a\" ttl=\"\"/>", "ttl is \"\"; expected a time, for example 20s")]
    [TestCase("<buffer own_prefix=\"a\" on_full=\"panic\"/>", "on_full is \"panic\"; expected reject or drop-oldest")]
    [TestCase("<buffer own_prefix=\"a\" durable=\"maybe\"/>", "durable is \"maybe\"; expected yes or no")]
    [TestCase("<buffer own_prefix=\"a\" ack=\"never\"/>", "ack is \"never\"; expected read or explicit")]
    [TestCase("<buffer own_prefix=\"a\" max_deliveries=\"0\"/>", "max_deliveries is \"0\"; expected a number from 1")]
    [TestCase("<buffer own_prefix=\"a\">text</buffer>", "text is not allowed in <buffer>")]
    [TestCase("<buffer own=\"a\"/>", "attribute \"own\" is not known on <buffer>; expected own_prefix, names, messages, bytes, timeout, ttl, on_full, durable, ack, max_deliveries")]
    public void What_is_wrong_is_said_with_what_was_expected(string element, string message)
    {
        Assert.That(TryRead(element, out _, out ConfigProblem? problem), Is.False);
        Assert.That(problem!.Message, Is.EqualTo(message));
    }

    private BusConfiguration Read(string elements) =>
        TryRead(elements, out BusConfiguration? read, out ConfigProblem? problem) ? read! : throw new InvalidOperationException(problem!.ToString());

    private bool TryRead(string elements, out BusConfiguration? read, out ConfigProblem? problem)
    {
        _files[File] = $"<busconfig><listen>unix:path=/x</listen>{elements}</busconfig>".Replace("\u00e9", "\u00c3\u00a9");
        return new BusConfigReader(_files, new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses).TryRead(File, out read, out problem);
    }
}
