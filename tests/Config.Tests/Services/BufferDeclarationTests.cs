using XcpBroker.Config.Services;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Config.Tests.Services;

internal sealed class BufferDeclarationTests
{
    [Test]
    public void A_declaration_alone_has_the_defaults() =>
        Assert.That(Read("X-XCP-Buffer=yes").Buffer, Is.EqualTo(new BufferDeclaration
        {
            MaxMessages = 1000,
            MaxBytes = 4 * 1024 * 1024,
            CallTimeout = TimeSpan.FromSeconds(20),
            TimeToLive = TimeSpan.FromHours(1),
        }));

    [Test]
    public void Each_limit_can_be_set() =>
        Assert.That(
            Read("X-XCP-BufferMessages=10\nX-XCP-BufferBytes=64K\nX-XCP-BufferTimeout=500ms\nX-XCP-BufferTTL=2min\nX-XCP-OnFull=drop-oldest\nX-XCP-Buffer=yes").Buffer,
            Is.EqualTo(new BufferDeclaration
            {
                MaxMessages = 10,
                MaxBytes = 65536,
                CallTimeout = TimeSpan.FromMilliseconds(500),
                TimeToLive = TimeSpan.FromMinutes(2),
                DropsOldest = true,
            }));

    [Test]
    public void A_durable_name_has_a_buffer() =>
        Assert.That(
            Read("X-XCP-Durable=yes\nX-XCP-Ack=explicit\nX-XCP-MaxDeliveries=3").Buffer,
            Is.EqualTo(new BufferDeclaration { IsDurable = true, NeedsAck = true, MaxDeliveries = 3 }));

    [Test]
    public void A_name_that_subscribes_has_a_buffer() => Assert.That(
        string.Join(' ', Read("X-XCP-Subscribe=member='A'; path='/a'").Buffer!.Subscriptions),
        Is.EqualTo("member='A' path='/a'"));

    [TestCase("")]
    [TestCase("X-XCP-Durable=no\nX-XCP-Ack=explicit")]
    [TestCase("X-XCP-Buffer=no\nX-XCP-BufferMessages=10")]
    [TestCase("X-XCP-BufferMessages=10")]
    public void Nothing_waits_unless_that_is_declared(string keys) => Assert.That(Read(keys).Buffer, Is.Null);

    [TestCase("X-XCP-Buffer=maybe")]
    [TestCase("X-XCP-Durable=maybe")]
    [TestCase("X-XCP-Durable=yes\nX-XCP-Ack=never")]
    [TestCase("X-XCP-Durable=yes\nX-XCP-MaxDeliveries=0")]
    [TestCase("X-XCP-Buffer=yes\nX-XCP-BufferMessages=many")]
    [TestCase("X-XCP-Buffer=yes\nX-XCP-BufferBytes=4MB")]
    [TestCase("X-XCP-Buffer=yes\nX-XCP-BufferTimeout=soon")]
    [TestCase("X-XCP-Buffer=yes\nX-XCP-BufferTTL=")]
    [TestCase("X-XCP-Buffer=yes\nX-XCP-OnFull=panic")]
    [TestCase("X-XCP-Subscribe=")]
    [TestCase("X-XCP-Subscribe=no such rule")]
    public void A_value_that_is_none_makes_the_file_a_bad_one(string keys)
    {
        Assert.That(TryRead(keys, isTrusted: true, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain(keys.Split('\n')[^1].Split('=')[0]));
    }

    [TestCase("X-XCP-Buffer=a\\nb", "X-XCP-Buffer: 'a?b' is no value of it")]
    [TestCase("X-XCP-Subscribe=a\\nb", "X-XCP-Subscribe: 'a?b': ")]
    [TestCase("X-XCP-Domain=a\\tb", "X-XCP-Domain: 'a?b' is no name of a domain")]
    public void What_is_wrong_is_said_in_one_line(string key, string error)
    {
        Assert.That(TryRead(key, isTrusted: true, out _, out string? said), Is.False);
        Assert.That(said, Does.StartWith(error));
        Assert.That(said!.Any(char.IsControl), Is.False);
    }

    [TestCase("X-XCP-Buffer=no", true)]
    [TestCase("X-XCP-Durable=no", false)]
    [TestCase("X-XCP-Buffer=yes", false)]
    [TestCase("X-XCP-Buffer=no\nX-XCP-Durable=yes", false)]
    public void That_nothing_waits_can_be_said(string keys, bool isForbidden) =>
        Assert.That(BufferDeclaration.IsForbidden(Read(keys)), Is.EqualTo(isForbidden));

    [TestCase("20", null)]
    [TestCase("25s", null)]
    [TestCase("25500ms", "a call may wait for 25.5 s, and run when its caller has given up: most wait for 25 s")]
    [TestCase("2min", "a call may wait for 120 s, and run when its caller has given up: most wait for 25 s")]
    public void Calls_that_wait_longer_than_their_callers_are_strange(string timeout, string? remark) =>
        Assert.That(Read($"X-XCP-Buffer=yes\nX-XCP-BufferTimeout={timeout}").Buffer!.Remark, Is.EqualTo(remark));

    [Test]
    public void In_a_file_that_is_not_trusted_they_say_nothing()
    {
        Assert.That(TryRead("X-XCP-Buffer=maybe", isTrusted: false, out ServiceDescriptor? descriptor, out _), Is.True);
        Assert.That(descriptor!.Buffer, Is.Null);
    }

    private static ServiceDescriptor Read(string keys) =>
        TryRead(keys, isTrusted: true, out ServiceDescriptor? descriptor, out string? error) ? descriptor! : throw new InvalidOperationException(error);

    private static bool TryRead(string keys, bool isTrusted, out ServiceDescriptor? descriptor, out string? error) => ServiceFile.TryParse(
        StrictUtf8.Instance.GetBytes($"[D-BUS Service]\nName=org.example.A\n{keys}\n"), "/a.service", isTrusted, out descriptor, out error);
}
