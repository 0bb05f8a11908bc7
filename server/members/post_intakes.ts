/**
 * The intakes of the frames that members post, one for each member, whichever port they come to. An intake
 * counts for an address, so a member that comes from another one gets a new intake.
 */
import type { Member } from "../rooms/member.ts";
import { Intake, type IntakeOptions } from "./intake.ts";

export class PostIntakes {
  readonly #byMember = new WeakMap<Member, Intake>();

  /** Returns the member's intake, or a new one after its address changed. */
  of(options: IntakeOptions): Intake {
    const known = this.#byMember.get(options.member);
    if (known?.address === options.address) return known;
    const intake = new Intake(options);
    this.#byMember.set(options.member, intake);
    return intake;
  }
}
