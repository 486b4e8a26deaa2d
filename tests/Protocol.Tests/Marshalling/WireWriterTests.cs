using System.Text;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Tests.Marshalling;

[TestFixture]
internal sealed class WireWriterTests
{
    [Test]
    public void Padding_is_zero_whatever_was_in_the_buffer()
    {
        WireWriter writer = new();
        writer.WriteByteArray(Enumerable.Repeat((byte)0xdd, 100).ToArray());
        writer.Clear();

        writer.WriteByte(1);
        writer.WriteUInt64(2);

        Assert.That(writer.Written.ToArray(), Is.EqualTo(new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0 }));
    }

    [Test]
    public void The_length_of_an_array_leaves_out_the_padding_before_its_first_element()
    {
        WireWriter writer = new();
        int array = writer.BeginArray(elementAlignment: 8);
        writer.WriteUInt64(1);
        writer.EndArray(array);

        Assert.That(writer.Written.ToArray(), Is.EqualTo(new byte[] { 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 }));
    }

    [Test]
    public void An_empty_array_is_padded_too()
    {
        WireWriter writer = new();
        writer.EndArray(writer.BeginArray(elementAlignment: 8));

        Assert.That(writer.Written.ToArray(), Is.EqualTo(new byte[8]));
    }

    [Test]
    public void An_array_far_inside_a_large_body_has_its_length()
    {
        WireWriter writer = new();
        writer.WriteByteArray(new byte[1 << 25]);
        int array = writer.BeginArray(elementAlignment: 4);
        writer.WriteUInt32(7);
        writer.EndArray(array);

        Assert.That(writer.Written[^8..].ToArray(), Is.EqualTo(new byte[] { 4, 0, 0, 0, 7, 0, 0, 0 }));
    }

    [Test]
    public void A_lone_surrogate_is_our_bug_and_throws() =>
        Assert.That(() => new WireWriter().WriteString("\ud800"), Throws.TypeOf<EncoderFallbackException>());
}
