using XcpBroker.Fuzz.Corpus;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Tests.Support;

/// <summary>One file of tests/vectors/messages in one byte order.</summary>
internal sealed record MessageVector(string Name, byte[] Bytes, byte[] OtherOrder, MessageViolation Expected)
{
    internal static IEnumerable<MessageVector> Valid => Read("messages/valid");

    internal static IEnumerable<MessageVector> Invalid => Read("messages/invalid");

    public override string ToString() => Name;

    private static IEnumerable<MessageVector> Read(string folder)
    {
        foreach (string file in VectorFolder.Files(folder, "*.hex"))
        {
            string text = File.ReadAllText(file);
            string name = Path.GetFileNameWithoutExtension(file);
            byte[] little = HexVector.Parse(text, isBigEndian: false);
            byte[] big = HexVector.Parse(text, isBigEndian: true);
            MessageViolation expected = Enum.Parse<MessageViolation>(HexVector.Expectation(text) ?? nameof(MessageViolation.None));
            yield return new MessageVector(name + " little", little, big, expected);
            yield return new MessageVector(name + " big", big, little, expected);
        }
    }
}
