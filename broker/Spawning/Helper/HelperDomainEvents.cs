using XcpBroker.Xenstore;

namespace XcpBroker.Spawning.Helper;

/// <summary>What becomes of domains, on its way from the root helper to the bus.</summary>
/// <param name="answer">Sends a packet.</param>
internal sealed class HelperDomainEvents(Action<HelperAnswer> answer) : IDomainEvents
{
    /// <summary>Tells what a packet says; false: it is about something else.</summary>
    internal static bool TryTell(HelperAnswer answer, IDomainEvents events)
    {
        string[] texts = answer.Text.Split('\0');
        switch (answer.Kind)
        {
            case HelperAnswerKind.DomainBooted:
                events.Booted(new DomainBoot(texts[0], answer.Number, texts[1], texts[2]));
                return true;
            case HelperAnswerKind.DomainEnded:
                events.Ended(texts[0], answer.Number);
                return true;
            case HelperAnswerKind.XenstoreLost:
                events.Lost(texts[0]);
                return true;
            case HelperAnswerKind.XenstoreFound:
                events.Found();
                return true;
            case HelperAnswerKind.DomainNotTold:
                events.NotTold(texts[0], answer.Number, texts[1]);
                return true;
            default:
                return false;
        }
    }

    public void Booted(DomainBoot boot) => Tell(HelperAnswerKind.DomainBooted, boot.Domid, boot.Name, boot.Uuid, boot.Secret);

    public void Ended(string name, uint domid) => Tell(HelperAnswerKind.DomainEnded, domid, name);

    public void Lost(string problem) => Tell(HelperAnswerKind.XenstoreLost, 0, problem);

    public void Found() => Tell(HelperAnswerKind.XenstoreFound, 0, "");

    public void NotTold(string name, uint domid, string problem) => Tell(HelperAnswerKind.DomainNotTold, domid, name, problem);

    private void Tell(HelperAnswerKind kind, uint domid, params ReadOnlySpan<string> texts) => answer(HelperAnswer.OfDomains(kind, domid, texts));
}
