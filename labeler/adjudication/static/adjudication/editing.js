// Editing a decision on the token page's own grid.
import { Desk } from "../labelmill/desk.js";
import { Keyboard } from "../labelmill/keyboard.js";
import { LabelBar } from "../labelmill/labels.js";
import { Painter } from "../labelmill/paint.js";
import { Pointer } from "../labelmill/pointer.js";
import { Post } from "../labelmill/post.js";
import { Side } from "../labelmill/side.js";

export class Editing {
  /** commands: what keys do beyond the text; changed(desk) is called after each step. */
  constructor(main, { commands, changed, say }) {
    const room = main.querySelector("[data-room]");
    this.desk = null;
    this.bar = new LabelBar(main.querySelector(".labels"), (name) => this.desk?.press(name));
    this.post = new Post(room.querySelector(".post"));
    this.side = new Side(main.querySelector("[data-edited]"), this.bar.all);
    this.changed = changed;
    this.say = say;
    new Pointer(room, () => this.desk);
    const focus = () => this.post.tokens[this.desk.cursor]?.focus();
    new Keyboard({ desk: () => this.desk, labels: this.bar.keys, commands: { ...commands, focus, "/": () => this.bar.find() } });
    addEventListener("resize", () => this.desk && this.painter.place(this.desk.selected, this.desk.range));
  }

  begin(spans) {
    this.desk = new Desk(this.post, { spans });
    this.painter = new Painter(this.post, this.bar.all);
    this.desk.addEventListener("change", ({ detail }) => {
      this.draw();
      if (detail.say) this.say(detail.say);
    });
    this.draw();
  }

  end() {
    this.desk = null;
  }

  draw() {
    this.painter.paint(this.desk);
    this.bar.show(this.desk.chosen);
    this.side.show(this.desk);
    this.changed(this.desk);
  }
}
