using System.Text;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Marshalling;

[TestFixture]
internal sealed class BodyArgumentsTests
{
    private const string Signature = "sa{sv}o(ss)vgus";

    private static readonly (char Type, string Value)[] Expected =
        [('s', "zero"), ('\0', ""), ('o', "/two"), ('\0', ""), ('\0', ""), ('g', "ay"), ('\0', ""), ('s', "")];

    // Orders in which a matcher may ask.
    private static IEnumerable<int[]> Orders => [[0, 1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1, 0], [2, 0, 2, 7, 2], [5]];

    [Test]
    public void Arguments_are_found_in_any_order([ValueSource(nameof(Orders))] int[] order, [Values] bool isBigEndian)
    {
        byte[] body = isBigEndian ? OrderSwap.Body(Write(), Signature) : Write();
        BodyArguments arguments = new(body, Encoding.ASCII.GetBytes(Signature), isBigEndian);
        foreach (int index in order)
        {
            bool isThere = arguments.TryGet(index, out byte type, out ReadOnlySpan<byte> value);

            Assert.That(isThere, Is.True);
            Assert.That(((char)type, Encoding.ASCII.GetString(value)), Is.EqualTo(Expected[index]));
        }
    }

    [TestCase(-1)]
    [TestCase(8)]
    [TestCase(63)]
    [TestCase(64)]
    public void There_is_no_argument_behind_the_last(int index)
    {
        BodyArguments arguments = new(Write(), Encoding.ASCII.GetBytes(Signature), isBigEndian: false);

        Assert.That(arguments.TryGet(index, out byte type, out ReadOnlySpan<byte> value), Is.False);
        Assert.That((type, value.Length), Is.EqualTo((0, 0)));
        Assert.That(arguments.TryGet(7, out _, out _), Is.True);
    }

    [Test]
    public void The_64th_argument_is_the_last_that_can_be_asked_for()
    {
        WireWriter writer = new();
        for (int i = 0; i < 70; i++)
        {
            writer.WriteString($"arg{i}");
        }

        BodyArguments arguments = new(writer.Written, Encoding.ASCII.GetBytes(new string('s', 70)), isBigEndian: false);

        Assert.That(arguments.TryGet(63, out _, out ReadOnlySpan<byte> value), Is.True);
        Assert.That(Encoding.ASCII.GetString(value), Is.EqualTo("arg63"));
        Assert.That(arguments.TryGet(64, out _, out _), Is.False);
    }

    [Test]
    public void Without_a_body_there_is_none()
    {
        BodyArguments arguments = new([], [], isBigEndian: false);

        Assert.That(arguments.TryGet(0, out _, out _), Is.False);
    }

    private static byte[] Write()
    {
        WireWriter writer = new();
        writer.WriteString("zero");
        int dictionary = writer.BeginArray(elementAlignment: 8);
        writer.BeginStruct();
        writer.WriteString("key");
        writer.WriteVariantString("value");
        writer.EndArray(dictionary);
        writer.WriteObjectPath("/two");
        writer.BeginStruct();
        writer.WriteString("in");
        writer.WriteString("struct");
        writer.WriteVariantSignature("(ys)");
        writer.BeginStruct();
        writer.WriteByte(1);
        writer.WriteString("in variant");
        writer.WriteSignature("ay");
        writer.WriteUInt32(6);
        writer.WriteString("");
        return writer.Written.ToArray();
    }
}
