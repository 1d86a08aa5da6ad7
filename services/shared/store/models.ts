// The two tables that are read page by page, as Sequelize models. Whatever writes, fences or claims is a statement of
// its own, in the file of that step.
import { DataTypes, Model, type InferAttributes, type Sequelize } from 'sequelize'
import type { ChannelType, MessageFinish, MessageRole, Owner } from '../domain/message.ts'

export class ConversationRow extends Model<InferAttributes<ConversationRow>> {
  declare readonly tenantId: string
  declare readonly id: string
  declare readonly channelType: ChannelType
  declare readonly agent: string
  declare readonly userId: string
  declare readonly ownerKind: Owner['kind']
  declare readonly ownerName: string
  declare readonly title: string
  declare readonly updatedAt: Date
}

export class MessageRow extends Model<InferAttributes<MessageRow>> {
  declare readonly tenantId: string
  declare readonly id: string
  declare readonly conversationId: string
  /** A bigint: text in JavaScript. */
  declare readonly position: string
  declare readonly role: MessageRole
  declare readonly author: string
  declare readonly text: string
  declare readonly turnId: string | null
  declare readonly finish: MessageFinish
  declare readonly createdAt: Date
}

export interface Models {
  readonly conversations: typeof ConversationRow
  readonly messages: typeof MessageRow
}

const column = (type: DataTypes.AbstractDataTypeConstructor, field: string, primaryKey = false) => ({
  type,
  field,
  primaryKey,
  allowNull: true,
})

/** Models of one connection: subclasses, since a model can belong to only one. */
export const defineModels = (sequelize: Sequelize): Models => {
  const table = { sequelize, schema: 'konstruct', timestamps: false }
  const conversations = class extends ConversationRow {}
  conversations.init(
    {
      tenantId: column(DataTypes.TEXT, 'tenant_id', true),
      id: column(DataTypes.UUID, 'id', true),
      channelType: column(DataTypes.TEXT, 'channel_type'),
      agent: column(DataTypes.TEXT, 'agent'),
      userId: column(DataTypes.TEXT, 'user_id'),
      ownerKind: column(DataTypes.TEXT, 'owner_kind'),
      ownerName: column(DataTypes.TEXT, 'owner_name'),
      title: column(DataTypes.TEXT, 'title'),
      updatedAt: column(DataTypes.DATE, 'updated_at'),
    },
    { ...table, modelName: 'conversation', tableName: 'conversations' },
  )
  const messages = class extends MessageRow {}
  messages.init(
    {
      tenantId: column(DataTypes.TEXT, 'tenant_id', true),
      id: column(DataTypes.UUID, 'id', true),
      conversationId: column(DataTypes.UUID, 'conversation_id'),
      position: column(DataTypes.BIGINT, 'position'),
      role: column(DataTypes.TEXT, 'role'),
      author: column(DataTypes.TEXT, 'author'),
      text: column(DataTypes.TEXT, 'text'),
      turnId: column(DataTypes.UUID, 'turn_id'),
      finish: column(DataTypes.TEXT, 'finish'),
      createdAt: column(DataTypes.DATE, 'created_at'),
    },
    { ...table, modelName: 'message', tableName: 'messages' },
  )
  return { conversations, messages }
}
