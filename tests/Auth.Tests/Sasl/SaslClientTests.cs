using System.Buffers;
using System.Text;
using CsCheck;
using XcpBroker.Auth.Sasl;

namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class SaslClientTests
{
    private static readonly string[] Words = ["OK ", SaslTalk.Guid, "\r\n", "DATA ", "REJECTED ", "00", " "];

    [Test]
    public void It_says_who_it_is_and_begins_when_the_bus_accepts()
    {
        (SaslClient client, string said) = Talk($"OK {SaslTalk.Guid}\r\n");

        Assert.That(said, Is.EqualTo("\0AUTH EXTERNAL 31303030\r\nBEGIN\r\n"));
        Assert.That((client.Guid, client.Refusal), Is.EqualTo((SaslTalk.Guid, "")));
    }

    [TestCase("REJECTED XCP_TOKEN DBUS_COOKIE_SHA1\r\n", "the bus rejects EXTERNAL; it offers XCP_TOKEN DBUS_COOKIE_SHA1")]
    [TestCase("REJECTED\r\n", "the bus rejects EXTERNAL; it offers nothing")]
    [TestCase("ERROR \"no\"\r\n", "the bus says 'ERROR \"no\"' instead of OK")]
    [TestCase("HTTP/1.1 400 Bad Request\r\n", "the bus says 'HTTP/1.1 400 Bad Request' instead of OK")]
    [TestCase("OK 12\r\n", "the bus's GUID '12' is not 32 hex digits")]
    [TestCase("OK ffffffffffffffffffffffffffffffff\r\n", "the bus has the GUID ffffffffffffffffffffffffffffffff, not 0123")]
    [TestCase("DATA\r\n", "the bus's part of EXTERNAL is wrong")]
    [TestCase("DATA 0\r\n", "the bus's part of EXTERNAL is wrong")]
    public void Anything_else_is_told_in_words(string answer, string expected)
    {
        (SaslClient client, string said) = Talk(answer);

        Assert.That(client.Refusal, Does.StartWith(expected));
        Assert.That(said, Does.Not.Contain("BEGIN"));
    }

    [Test]
    public void A_bus_that_sends_no_lines_is_not_heard_for_ever() => Assert.That(Talk(new string('x', 20_000)).Client.Refusal, Is.Not.Empty);

    [Test]
    public void No_bytes_make_it_throw_nor_begin_without_OK() => Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Gen.Int[0, Words.Length - 1].Select(index => Words[index]).Array[0, 8].Select(words => Encoding.ASCII.GetBytes(string.Concat(words)))).Sample(
        bytes => !Talk(Encoding.Latin1.GetString(bytes)).Said.Contains("BEGIN") || bytes.AsSpan().IndexOf("OK "u8) >= 0);

    private static (SaslClient Client, string Said) Talk(string answer)
    {
        SaslClient client = new(new ExternalClient(1000), SaslTalk.Guid);
        ArrayBufferWriter<byte> said = new();
        client.Begin(said);
        _ = client.Receive(Encoding.Latin1.GetBytes(answer), out _, said);
        return (client, Encoding.Latin1.GetString(said.WrittenSpan));
    }
}
